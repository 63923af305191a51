import type { StudyDesignInput } from '../../contract/design.ts'
import type { LearnerInput, Parameter } from '../../contract/models.ts'
import type { Concept, Task } from '../../contract/values.ts'
import type { Summary } from '../parts/suggest.ts'

/** What a learner reads of a design; nothing beyond features unless said. */
export interface Reading {
  reads: readonly LearnerInput[]
  requires: readonly LearnerInput[]
}

/** What the form knows when it starts. */
export interface Start {
  task: Task
  columns: readonly Summary[]
  learners: readonly { id: string; tasks: readonly Task[]; comparator: readonly Task[] }[]
}

/** What faults are judged by. */
export interface Judged {
  columns: readonly Summary[]
  /** Those of the columns, and those that are measured more than once. */
  concepts: readonly Concept[]
  reading: Reading
}

/** What of the chosen learner decides what stands in the design. */
export interface Chosen {
  parameters: readonly Parameter[]
  reads: readonly LearnerInput[]
}

/**
 * One concern of a design: a part of the form's state and all that is known of it. `Seen` is what it has to see of the
 * draft, also of other concerns.
 */
export interface Concern<Part extends object, Fault extends string = never, Seen extends object = Part> {
  /** Where its fields stand at first: what the dictionary suggests. */
  start(from: Start): Part
  /** What stays when another task is chosen; nothing unless said. */
  kept?(draft: Seen): Partial<Part>
  /** What keeps the design from being sent. */
  faults?(draft: Seen, judged: Judged): Fault[]
  /** Its entries of the design. What is at its default is left out, so that designs stay comparable. */
  design(draft: Seen, chosen: Chosen): Partial<StudyDesignInput>
}

/** The entries of a value that differ from its defaults. */
export const changed = <T extends object>(value: T, plain: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(value).filter(([name, each]) => JSON.stringify(each) !== JSON.stringify(plain[name as keyof T])),
  ) as Partial<T>

/** Words or numbers as typed, with any separator. */
export const listed = (text: string): string[] => text.split(/[\s,;，；、]+/).filter(Boolean)
