import { createContext, useContext, useMemo, useState } from 'react'
import type * as z from 'zod'
import type { StudyDesignInput } from '../../contract/design.ts'
import type { LearnerInfoSchema } from '../../contract/models.ts'
import type { Concept, Task } from '../../contract/values.ts'
import { useTranslation } from '../language/index.ts'
import { type ColumnWords, useColumnWords } from '../parts/columnWords.ts'
import { candidates, type Summary } from '../parts/suggest.ts'
import type { Reading } from './concern.ts'
import { type Draft, designOf, draftFor, type Fault, faultsOf, keptOf } from './draft.ts'
import { outcomeColumns } from './outcome/draft.ts'

export type Learner = z.infer<typeof LearnerInfoSchema>

/** What a design is made from: the cases of a study, and what can learn from them. */
export interface DesignSource {
  study: string
  rows: number
  columns: readonly Summary[]
  /** Concepts that are measured more than once. */
  measured: readonly Concept[]
  learners: readonly Learner[]
}

/** A design on its way, as its fields see it. */
export interface DesignForm extends DesignSource, ColumnWords {
  draft: Draft
  change: (part: Partial<Draft>) => void
  changeTask: (task: Task) => void
  design: StudyDesignInput
  /** Learners that answer the question. */
  fitting: readonly Learner[]
  /** The chosen one; null where there is none. */
  learner: Learner | null
  reading: Reading
  /** Columns that are learned from. */
  used: readonly Summary[]
  faults: readonly Fault[]
  /** What to say of a fault, once the form was to be sent. */
  fault: (name: Fault) => string | undefined
  /** Whether the form can be sent; from then on it says what keeps it from that. */
  check: () => boolean
}

const featuresAlone: Reading = { reads: [], requires: [] }

export const useNewDesign = (source: DesignSource): DesignForm => {
  const { study, columns, learners } = source
  const { t } = useTranslation('design')
  const words = useColumnWords()
  const [draft, setDraft] = useState<Draft>(() => draftFor(columns, learners))
  const [checked, setChecked] = useState(false)
  const fitting = learners.filter((learner) => learner.tasks.includes(draft.task))
  const learner = fitting.find(({ id }) => id === draft.learner) ?? null
  // Whatever the app may choose, it is fitted on features.
  const reading: Reading = learner ?? featuresAlone
  const faults = faultsOf(draft, columns, reading)
  const design = useMemo(
    () => designOf(draft, study, learner?.parameters ?? [], learner ?? featuresAlone),
    [draft, study, learner],
  )
  return {
    ...source,
    ...words,
    draft,
    change: (part) => setDraft((before) => ({ ...before, ...part })),
    changeTask: (task) => setDraft({ ...draftFor(columns, learners, task), ...keptOf(draft) }),
    design,
    fitting,
    learner,
    reading,
    used: candidates(columns, outcomeColumns(draft)).filter(({ concept }) => !draft.excluded.includes(concept.name)),
    faults,
    fault: (name) => (checked && faults.includes(name) ? t(`train.faults.${name}`) : undefined),
    check() {
      setChecked(true)
      return faults.length === 0
    },
  }
}

const Form = createContext<DesignForm | null>(null)
export const DesignFormProvider = Form.Provider

/** The design that a field stands in. */
export const useDesignForm = (): DesignForm => {
  const form = useContext(Form)
  if (!form) throw new Error('A field of a design stands outside TrainForm.')
  return form
}
