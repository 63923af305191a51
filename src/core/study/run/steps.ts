/** Tells how far a step is: its own share, 0 to 1. */
export type StepProgress = (share: number, detail?: Record<string, number | string>) => void

/** One named step of a run: from what the steps before have found to what it adds. */
export interface Step<Known, Found> {
  /** Stage of the job while it runs. */
  name: string
  /**
   * Share of the run's time it takes beside the other steps, in any unit; 0: nothing to be done, and nothing to be
   * told.
   */
  weight: number | ((known: Known) => number)
  run(known: Known, progress: StepProgress): Found | Promise<Found>
}

/** Progress of a whole run, by the stage it is in. */
export type Report = (stage: string, progress: number, detail?: Record<string, number | string>) => void

// biome-ignore lint/suspicious/noExplicitAny: each step was checked against those before it when it was added
type AnyStep = Step<any, object>

/**
 * Steps one after another. Each sees what those before it found, which the compiler checks as the list is written; how
 * far the run is follows from their weights alone.
 */
export class Steps<Known extends object, All extends Known = Known> {
  private readonly list: readonly AnyStep[]

  private constructor(list: readonly AnyStep[]) {
    this.list = list
  }

  /** `Known` is what a run begins with, and what weights are told by. */
  static from<Known extends object>(): Steps<Known> {
    return new Steps<Known>([])
  }

  add<Found extends object>(step: Step<All, Found>): Steps<Known, All & Found> {
    return new Steps<Known, All & Found>([...this.list, step])
  }

  get names(): string[] {
    return this.list.map(({ name }) => name)
  }

  /** Runs all in order. Throws what a step throws; the steps after it do not begin. */
  async run(known: Known, report: Report): Promise<All> {
    const weights = this.list.map(({ weight }) => (typeof weight === 'number' ? weight : weight(known)))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    let state: object = known
    let before = 0
    for (const [at, step] of this.list.entries()) {
      const weight = weights[at]
      const tell: StepProgress = (share, detail) => report(step.name, (before + weight * share) / total, detail)
      if (weight > 0) tell(0)
      state = { ...state, ...(await step.run(state, tell)) }
      before += weight
    }
    return state as All
  }
}
