import { Stepper } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { ImportReport } from '../../contract/intake.ts'
import { useTranslation } from '../language/index.ts'
import { View } from '../parts/View.tsx'
import { Batches } from './Batches.tsx'
import { CheckStep } from './CheckStep.tsx'
import { ColumnsStep } from './ColumnsStep.tsx'
import type { Draft } from './draft.ts'
import { FileStep } from './FileStep.tsx'
import classes from './Intake.module.css'
import { ResultStep } from './ResultStep.tsx'

type Step = { at: 'file' } | { at: 'columns' } | { at: 'check' } | { at: 'result'; report: ImportReport }
const order = ['file', 'columns', 'check', 'result'] as const

/** From a file to records: look, say what each column means, check every row, import. */
export const IntakeView = () => {
  const { t } = useTranslation('intake')
  const [step, setStep] = useState<Step>({ at: 'file' })
  const [draft, setDraft] = useState<Draft | null>(null)
  const body = useRef<HTMLDivElement>(null)
  const at = order.indexOf(step.at)

  const before = useRef(step.at)
  useEffect(() => {
    if (before.current === step.at) return
    before.current = step.at
    body.current?.focus({ preventScroll: true })
    body.current?.closest('main')?.scrollTo(0, 0)
  }, [step.at])

  const startOver = () => {
    setDraft(null)
    setStep({ at: 'file' })
  }
  return (
    <View title={t('title')} subtitle={t('subtitle')} wide={step.at === 'columns' || step.at === 'check'}>
      <Stepper
        active={at}
        size="sm"
        iconSize={30}
        allowNextStepsSelect={false}
        onStepClick={(index) => {
          const target = order[index]
          if (index < at && step.at !== 'result' && (target === 'file' || target === 'columns')) setStep({ at: target })
        }}
        className={classes.stepper}
        aria-label={t('steps.label')}
      >
        {order.map((each) => (
          <Stepper.Step key={each} label={t(`steps.${each}`)} />
        ))}
      </Stepper>
      <div ref={body} tabIndex={-1} className={classes.body}>
        {step.at === 'file' && (
          <FileStep
            onPreview={(preview) => {
              setDraft({ preview, mapping: preview.mapping, study: nameOf(preview.file), saveMappingAs: null })
              setStep({ at: 'columns' })
            }}
          />
        )}
        {step.at === 'columns' && draft && (
          <ColumnsStep draft={draft} onChange={setDraft} onBack={startOver} onNext={() => setStep({ at: 'check' })} />
        )}
        {step.at === 'check' && draft && (
          <CheckStep
            draft={draft}
            onBack={() => setStep({ at: 'columns' })}
            onDone={(report) => setStep({ at: 'result', report })}
          />
        )}
        {step.at === 'result' && draft && (
          <ResultStep report={step.report} file={draft.preview.file} onAnother={startOver} />
        )}
      </div>
      {(step.at === 'file' || step.at === 'result') && <Batches />}
    </View>
  )
}

/** A first name for the study: the file's, without folder and ending. */
const nameOf = (file: string): string =>
  (file.split(/[\\/]/).at(-1) ?? file)
    .replace(/\.[A-Za-z0-9]{1,5}$/, '')
    .slice(0, 100)
    .trim()
