import { Group, Radio, Stack, Text } from '@mantine/core'
import { useTranslation } from '../../language/index.ts'
import { Fold } from '../../parts/Fold.tsx'
import { useLearnerTexts } from '../../parts/metrics.ts'
import classes from '../design.module.css'
import { type Learner, useDesignForm } from '../form.ts'
import { autoLearner, groupsOf } from './learnerGroups.ts'
import { ParameterField } from './ParameterField.tsx'

/**
 * The learners that answer the question, by kind, each with a line of what it does; the parameters of the chosen one.
 */
export const LearnerPicker = () => {
  const { draft, change, fitting, learner, fault } = useDesignForm()
  const { t } = useTranslation('design')
  const texts = useLearnerTexts()
  const auto = fitting.find(({ id }) => id === autoLearner)
  const changed = learner?.parameters.filter(
    ({ name, default: usual }) => draft.parameters[name] !== undefined && draft.parameters[name] !== usual,
  ).length
  /** What a learner cannot do without and the form does not name yet. */
  const unmet = ({ requires }: Learner) =>
    requires.filter(
      (input) =>
        !(input === 'competing' && draft.competingValues.length > 0) &&
        !(input === 'sequences' && draft.channels.length > 0) &&
        !(input === 'grids' && draft.grids !== null),
    )
  return (
    <>
      <Radio.Group
        value={draft.learner}
        onChange={(id) => change({ learner: id, parameters: {}, tuning: { ...draft.tuning, space: {} } })}
        error={fault('learner')}
        aria-label={t('train.learner')}
      >
        <Stack gap="sm">
          {auto && <Card value={auto.id} label={texts.label(auto.id)} description={texts.description(auto.id)} />}
          {groupsOf(fitting.filter((one) => one !== auto)).map(({ group, learners }) => (
            <fieldset key={group} className={classes.plain} aria-label={t(`learners.groups.${group}`)}>
              <p className={classes.learnerGroup} aria-hidden>
                {t(`learners.groups.${group}`)}
              </p>
              <div className={classes.learners}>
                {learners.map((one) => (
                  <Card
                    key={one.id}
                    value={one.id}
                    label={texts.label(one.id)}
                    description={texts.description(one.id)}
                    {...(unmet(one).length > 0
                      ? {
                          needs: unmet(one)
                            .map((input) => t(`learners.requires.${input}`))
                            .join(' '),
                        }
                      : {})}
                  />
                ))}
              </div>
            </fieldset>
          ))}
        </Stack>
      </Radio.Group>
      {fitting.length === 0 && <Text c="dimmed">{t('train.noLearner')}</Text>}
      {learner && learner.parameters.length > 0 && (
        <Fold
          title={t('learners.parameters', { learner: texts.label(learner.id) })}
          {...(changed ? { asked: t('learners.changed', { count: changed }) } : {})}
        >
          <div className={classes.pair}>
            {learner.parameters.map((parameter) => (
              <ParameterField
                key={`${learner.id} ${parameter.name}`}
                learner={learner.id}
                parameter={parameter}
                value={draft.parameters[parameter.name] ?? parameter.default}
                onChange={(value) => change({ parameters: { ...draft.parameters, [parameter.name]: value } })}
              />
            ))}
          </div>
        </Fold>
      )}
    </>
  )
}

const Card = ({
  value,
  label,
  description,
  needs,
}: {
  value: string
  label: string
  description: string
  needs?: string
}) => (
  <Radio.Card value={value} className={classes.learner} aria-label={label}>
    <Group wrap="nowrap" align="flex-start" gap="sm">
      <Radio.Indicator />
      <div>
        <Text size="sm" fw={600}>
          {label}
        </Text>
        <Text size="xs" c="dimmed">
          {description}
        </Text>
        {needs && (
          <Text size="xs" c="var(--warn)" mt={2}>
            {needs}
          </Text>
        )}
      </div>
    </Group>
  </Radio.Card>
)
