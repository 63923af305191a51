/** Gives way once to what waits in this thread: messages, timers, an abort among them. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Runs one piece of work after another, in the order they were asked for. A failure is its asker's alone. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }
}

export interface ChannelOptions {
  /** What comes takes the place of what nobody has read yet: for states, where only the newest counts. */
  latest?: boolean
  /** Its abort ends the channel at once, unread values included. */
  signal?: AbortSignal | undefined
}

/** From one who pushes when it suits to one who reads when it suits; for a single reader. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #latest: boolean
  readonly #signal: AbortSignal | undefined
  #values: T[] = []
  #ended = false
  #failure: { error: unknown } | null = null
  #wake = () => {}
  readonly #abort = () => {
    this.#values = []
    this.end()
  }

  constructor({ latest = false, signal }: ChannelOptions = {}) {
    this.#latest = latest
    this.#signal = signal
    if (signal?.aborted) this.#ended = true
    else signal?.addEventListener('abort', this.#abort)
  }

  /** Does nothing once the channel has ended. */
  push(value: T): void {
    if (this.#ended) return
    if (this.#latest) this.#values = [value]
    else this.#values.push(value)
    this.#wake()
  }

  /** Nothing more will come; what has come is still read. */
  end(): void {
    this.#ended = true
    this.#signal?.removeEventListener('abort', this.#abort)
    this.#wake()
  }

  /** Ends, and whoever has read all that came gets the error. The first failure stands. */
  fail(error: unknown): void {
    if (this.#ended) return
    this.#failure = { error }
    this.end()
  }

  /** The next value; waits for one. Throws what the channel failed with. */
  async next(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      if (this.#values.length > 0) return { done: false, value: this.#values.shift() as T }
      if (this.#failure) throw this.#failure.error
      if (this.#ended) return { done: true, value: undefined }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.next(),
      return: async () => {
        this.end()
        return { done: true, value: undefined }
      },
    }
  }
}
