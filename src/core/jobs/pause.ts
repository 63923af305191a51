/** A flag that a job and its threads share: while it is set, they stop between two units of work. */
export type Pause = Int32Array

export const createPause = (): Pause => new Int32Array(new SharedArrayBuffer(4))

export const setPaused = (pause: Pause, paused: boolean): void => {
  Atomics.store(pause, 0, paused ? 1 : 0)
  if (!paused) Atomics.notify(pause, 0)
}

/** Holds this thread for as long as the flag is set. For worker threads alone: the main thread must never wait. */
export const waitWhilePaused = (pause: Pause): void => {
  while (Atomics.load(pause, 0) === 1) Atomics.wait(pause, 0, 1)
}
