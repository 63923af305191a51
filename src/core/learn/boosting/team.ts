import type { Arena } from './arena.ts'

/**
 * Shares the pieces of each phase of a fit out to whoever is there. The leader never waits for a thread that has not
 * come: it takes pieces itself, and waits only for those a helper has begun. So a helper that starts late, or never,
 * costs time alone, and no result depends on who did a piece.
 */
const word = { ticket: 0, kind: 1, count: 2, done: 3, argument: 4, wake: 5, sleeping: 6, failed: 7, stop: 8 } as const

/** Low bits of a ticket count pieces taken, the others phases; this count means that there is nothing to take. */
const nothing = 0x3fff
const phaseBits = 14
/** Tries before a thread that has nothing to do goes to sleep: some microseconds. */
const tries = 4000
/** A helper that has not finished a piece for so long is lost. */
const patience = 60_000

export type Work = (kind: number, piece: number, argument: number) => void

const takePiece = (control: Int32Array, work: Work): boolean => {
  const ticket = Atomics.load(control, word.ticket)
  const piece = ticket & nothing
  const count = Atomics.load(control, word.count)
  if (piece === nothing || piece >= count) return false
  const kind = Atomics.load(control, word.kind)
  const argument = Atomics.load(control, word.argument)
  if (Atomics.compareExchange(control, word.ticket, ticket, ticket + 1) !== ticket) return true
  try {
    work(kind, piece, argument)
  } catch (error) {
    Atomics.store(control, word.failed, 1)
    throw error
  } finally {
    if (Atomics.add(control, word.done, 1) + 1 === count) Atomics.notify(control, word.done)
  }
  return true
}

/** Runs in a helper's thread until the fit is over. */
export const help = ({ control }: Pick<Arena, 'control'>, work: Work): void => {
  for (;;) {
    const wake = Atomics.load(control, word.wake)
    if (Atomics.load(control, word.stop) === 1) return
    if (takePiece(control, work)) continue
    let left = tries
    while (left > 0 && Atomics.load(control, word.wake) === wake) left--
    if (left > 0) continue
    Atomics.add(control, word.sleeping, 1)
    Atomics.wait(control, word.wake, wake, 1000)
    Atomics.sub(control, word.sleeping, 1)
  }
}

/** The leader's side: `run` returns when all pieces of a phase are done, `end` sends the helpers home. */
export const leadTeam = ({ control }: Pick<Arena, 'control'>, work: Work, alone: boolean) => {
  let phase = 0
  const wake = () => {
    Atomics.add(control, word.wake, 1)
    if (Atomics.load(control, word.sleeping) > 0) Atomics.notify(control, word.wake)
  }
  const run = (kind: number, count: number, argument = 0): void => {
    if (alone || count < 2) {
      for (let piece = 0; piece < count; piece++) work(kind, piece, argument)
      return
    }
    phase = (phase + 1) & 0x1ffff
    Atomics.store(control, word.ticket, (phase << phaseBits) | nothing)
    Atomics.store(control, word.kind, kind)
    Atomics.store(control, word.count, count)
    Atomics.store(control, word.argument, argument)
    Atomics.store(control, word.done, 0)
    Atomics.store(control, word.ticket, phase << phaseBits)
    wake()
    while (takePiece(control, work));
    let left = tries
    while (left > 0 && Atomics.load(control, word.done) < count) left--
    const since = performance.now()
    for (let done = Atomics.load(control, word.done); done < count; done = Atomics.load(control, word.done)) {
      Atomics.wait(control, word.done, done, 1000)
      if (performance.now() - since > patience) throw new Error('A thread that helps with boosting was lost')
    }
    if (Atomics.load(control, word.failed) === 1) throw new Error('A thread that helps with boosting failed')
  }
  const end = () => {
    Atomics.store(control, word.stop, 1)
    wake()
  }
  return { run, end }
}
