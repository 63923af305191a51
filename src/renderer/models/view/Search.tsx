import { Badge, Paper, Stack, Table, Text, Title } from '@mantine/core'
import type { Choice, ModelDetail, Trial, Tuning } from '../../../contract/models.ts'
import type { Spoken } from '../../../contract/say.ts'
import { useFormats, useSaid, useTranslation } from '../../language/index.ts'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { useLearnerName, useLearnerTexts } from '../../parts/metrics.ts'
import { ScrollX } from '../../parts/ScrollX.tsx'

/** How the learner and its parameters were found: what was tried, how it did, and why this one was taken. */
export const Search = ({ model }: { model: ModelDetail }) => (
  <Stack gap="xl">
    {model.choice && <Candidates choice={model.choice} />}
    {model.tuning && <Trials tuning={model.tuning} />}
    {model.choice?.candidates.map(
      ({ learner, tuning }) => tuning && learner !== model.tuning?.learner && <Trials key={learner} tuning={tuning} />,
    )}
  </Stack>
)

const useNumber = () => {
  const formats = useFormats()
  return (value: number | null) =>
    value === null ? formats.number(null) : formats.number(Number(value.toPrecision(4)))
}

const useMetricName = () => {
  const { t } = useTranslation('models')
  return (metric: string, higherIsBetter: boolean) =>
    `${t(`metrics.names.${metric}.label`, { defaultValue: metric })} (${t(higherIsBetter ? 'search.higher' : 'search.lower')})`
}

const Candidates = ({ choice }: { choice: Choice }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const number = useNumber()
  const metric = useMetricName()
  const name = useLearnerName()
  const { chosen, best, reason } = choice
  return (
    <Paper p="md">
      <Stack gap="xs">
        <Title order={2}>{t('search.choice')}</Title>
        <Text>{t(`search.reasons.${reason}`, { chosen: name(chosen), best: name(best) })}</Text>
        <Text size="sm" c="dimmed">
          {t('search.choiceHelp', {
            metric: metric(choice.metric, choice.higherIsBetter),
            folds: formats.integer(choice.folds),
          })}
        </Text>
        <ScrollX>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('search.learner')}</Table.Th>
                <Table.Th ta="right">{t('search.mean')}</Table.Th>
                <Table.Th ta="right">{t('search.standardError')}</Table.Th>
                <Table.Th ta="right">{t('search.difference')}</Table.Th>
                <Table.Th>{t('search.verdict')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {choice.candidates.map(({ learner, mean, standardError, difference, asGood, failure }) => (
                <Table.Tr key={learner}>
                  <Table.Th scope="row" fw={learner === chosen ? 650 : 500}>
                    {name(learner)}
                  </Table.Th>
                  <Table.Td ta="right" className="tabular">
                    {number(mean)}
                  </Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {number(standardError)}
                  </Table.Td>
                  <Table.Td ta="right" className="tabular">
                    {difference && difference.low !== null && difference.high !== null
                      ? t('prediction:metrics.estimate', {
                          value: number(difference.value),
                          low: number(difference.low),
                          high: number(difference.high),
                        })
                      : number(difference?.value ?? null)}
                  </Table.Td>
                  <Table.Td>
                    {failure ? (
                      <Failed reason={failure} />
                    ) : (
                      <>
                        {learner === chosen && <Badge color="moss">{t('search.taken')}</Badge>}{' '}
                        {learner === best && <Badge color="gray">{t('search.best')}</Badge>}{' '}
                        {learner !== best && learner !== chosen && (
                          <Text span size="sm" c="dimmed">
                            {t(asGood ? 'search.asGood' : 'search.worse')}
                          </Text>
                        )}
                      </>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollX>
      </Stack>
    </Paper>
  )
}

const Failed = ({ reason }: { reason: Spoken }) => {
  const { t } = useTranslation('models')
  const said = useSaid()
  return (
    <Text span size="sm" c="var(--warn)">
      {t('search.failed', { reason: said(reason) })}
    </Text>
  )
}

const Trials = ({ tuning }: { tuning: Tuning }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const metric = useMetricName()
  const name = useLearnerName()
  const columns = useTrialColumns(tuning)
  return (
    <Paper p="md">
      <Stack gap="xs">
        <Title order={2}>{t('search.trials', { learner: name(tuning.learner) })}</Title>
        <Text size="sm" c="dimmed">
          {t('search.trialsHelp', {
            method: t(`design:tuning.methods.${tuning.method}`),
            count: tuning.trials.length,
            number: formats.integer(tuning.trials.length),
            metric: metric(tuning.metric, tuning.higherIsBetter),
            folds: formats.integer(tuning.folds),
            repeats: formats.integer(tuning.repeats),
          })}{' '}
          {tuning.chosen !== tuning.best && t('search.simpler')}
        </Text>
        <DataTable rows={tuning.trials} columns={columns} name={({ trial }) => String(trial)} fz="sm" />
      </Stack>
    </Paper>
  )
}

const useTrialColumns = (tuning: Tuning): (Column<Trial> | false)[] => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const number = useNumber()
  const texts = useLearnerTexts()
  const named = [...new Set(tuning.trials.flatMap((trial) => Object.keys(trial.parameters)))]
  return [
    {
      id: 'trial',
      head: t('search.trial'),
      sort: ({ trial }) => trial,
      cell: ({ trial }) => formats.integer(trial),
      number: true,
    },
    ...named.map(
      (name): Column<Trial> => ({
        id: `parameter ${name}`,
        head: texts.parameterLabel(tuning.learner, name),
        cell: (trial) => {
          const value = trial.parameters[name]
          return typeof value === 'number' ? number(value) : String(value ?? '')
        },
        number: true,
      }),
    ),
    tuning.trials.some(({ effort }) => effort < 1) && {
      id: 'effort',
      head: t('search.effort'),
      sort: ({ effort }) => effort,
      cell: ({ effort }) => formats.percent(effort),
      number: true,
    },
    {
      id: 'mean',
      head: t('search.mean'),
      sort: ({ mean }) => mean,
      cell: ({ trial, mean }) => (
        <Text span inherit fw={trial === tuning.chosen ? 650 : undefined}>
          {number(mean)}
        </Text>
      ),
      number: true,
    },
    {
      id: 'standardError',
      head: t('search.standardError'),
      cell: ({ standardError }) => number(standardError),
      number: true,
    },
    {
      id: 'seconds',
      head: t('making.seconds'),
      sort: ({ seconds }) => seconds,
      cell: ({ seconds }) => formats.quantity(Number(seconds.toPrecision(2)), 's'),
      number: true,
    },
    {
      id: 'verdict',
      head: t('search.verdict'),
      cell: ({ trial, failure }) => (
        <>
          {failure && <Failed reason={failure} />}
          {trial === tuning.chosen && <Badge color="moss">{t('search.taken')}</Badge>}{' '}
          {trial === tuning.best && <Badge color="gray">{t('search.best')}</Badge>}
        </>
      ),
    },
  ]
}
