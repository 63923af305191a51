import { Paper, Stack, Text, Title } from '@mantine/core'
import { useCallback } from 'react'
import type { Fit } from '../../../contract/models.ts'
import { penaltyError, penaltyPath } from '../../../figures/index.ts'
import { useFormats, useLanguage, useTranslation } from '../../language/index.ts'
import { FigureBox } from '../../parts/FigureBox.tsx'

/** How an elastic net's coefficients grow as the penalty falls, and how well each penalty does in cross-validation. */
export const PenaltyPath = ({ path }: { path: NonNullable<Fit['path']> }) => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const language = useLanguage()
  const texts = useCallback(
    () => ({
      title: t('path.title'),
      description: t('path.help'),
      penalty: t('path.penalty'),
      coefficient: t('path.coefficient'),
      deviance: t('path.deviance'),
      chosen: t('path.chosen'),
    }),
    [t],
  )
  const draw = useCallback(
    (size: { width: number; document: Document }) => penaltyPath(path, { ...size, locale: language, texts: texts() }),
    [path, language, texts],
  )
  const drawError = useCallback(
    (size: { width: number; document: Document }) => penaltyError(path, { ...size, locale: language, texts: texts() }),
    [path, language, texts],
  )
  const { crossValidation, chosen, size, explained, lambda } = path
  return (
    <Paper p="md">
      <Stack gap="xs">
        <Title order={2}>{t('path.title')}</Title>
        <Text size="sm" c="dimmed">
          {t('path.help')}
        </Text>
        <Text size="sm">
          {t('path.says', {
            lambda: formats.number(Number((lambda[chosen] ?? 0).toPrecision(3)), 8),
            count: size[chosen] ?? 0,
            explained: formats.fixed(100 * (explained[chosen] ?? 0), 1),
          })}
        </Text>
        {path.terms.length > 0 && lambda.filter((value) => value > 0).length > 1 && (
          <FigureBox draw={draw} maxWidth={820} />
        )}
        {crossValidation && (
          <>
            <Text size="sm" c="dimmed">
              {t('path.folds', { count: crossValidation.folds })}
            </Text>
            <FigureBox draw={drawError} maxWidth={820} />
          </>
        )}
      </Stack>
    </Paper>
  )
}
