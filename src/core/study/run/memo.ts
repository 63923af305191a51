import { createHash } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import type { Fitted } from '../../learn/learner.ts'
import type { Parallel, TaskInput, TaskResult, WorkerTasks } from '../../learn/parallel.ts'
import { decodeArtifact, encodeArtifact } from '../../numbers/bytes.ts'

/** Finished units of a run, by what they were made from: kept, an interrupted run need not do them again. */
export interface Memo {
  get(key: string): Uint8Array | undefined
  put(key: string, bytes: Uint8Array): void
}

/** Larger fits are made again rather than kept. */
const mostBytes = 64 * 1024 * 1024

/**
 * The fit that these inputs gave before, or a new one, which is kept. `inputs` is everything that decides it: learner
 * and format, parameters, seed, matrix, outcome. As the number of threads changes nothing, neither does where a fit
 * came from.
 */
export const rememberFit = async (
  memo: Memo | undefined,
  inputs: unknown,
  make: () => Promise<Fitted>,
): Promise<Fitted> => {
  if (!memo) return make()
  const key = digestOf(inputs)
  const known = memo.get(key)
  if (known) return decodeFit(known)
  const fitted = await make()
  const bytes = encodeFit(fitted)
  if (bytes.length <= mostBytes) memo.put(key, bytes)
  return fitted
}

/** Tasks of `learn/workers.ts` that are units of work by themselves: the folds of a search's trials. */
const units: readonly (keyof WorkerTasks)[] = ['fitFold']

/**
 * Like `parallel`, but a piece that was finished before is not done again. Pieces are kept one by one, so that a search
 * that was interrupted among a hundred of them goes on with the next.
 */
export const rememberPieces = (memo: Memo, build: string, parallel: Parallel): Parallel => {
  // Trials share their matrices: each is read for its digest once.
  const digests = new WeakMap<object, string>()
  return async <K extends keyof WorkerTasks>(task: K, inputs: readonly TaskInput<K>[]): Promise<TaskResult<K>[]> => {
    if (!units.includes(task)) return parallel(task, inputs)
    return Promise.all(
      inputs.map(async (input) => {
        const key = digestOf({ build, task, input }, digests)
        const known = memo.get(key)
        if (known) return deserialize(known) as TaskResult<K>
        const [result] = await parallel(task, [input])
        const bytes = serialize(result)
        if (bytes.length <= mostBytes) memo.put(key, bytes)
        return result
      }),
    )
  }
}

const encodeFit = ({ state, outOfBag, ...rest }: Fitted): Uint8Array =>
  encodeArtifact({
    header: { state: state.header, rest, outOfBag: outOfBag !== null },
    arrays: {
      ...Object.fromEntries(Object.entries(state.arrays).map(([name, array]) => [`state.${name}`, array])),
      ...(outOfBag === null ? {} : { outOfBag }),
    },
  })

const decodeFit = (bytes: Uint8Array): Fitted => {
  const { header, arrays } = decodeArtifact(bytes)
  const { state, rest } = header as { state: Record<string, unknown>; rest: Omit<Fitted, 'state' | 'outOfBag'> }
  const own = Object.entries(arrays).flatMap(([name, array]) =>
    name.startsWith('state.') ? [[name.slice('state.'.length), array] as const] : [],
  )
  return {
    ...rest,
    state: { header: state, arrays: Object.fromEntries(own) },
    outOfBag: (arrays.outOfBag as Float64Array | undefined) ?? null,
  }
}

/** SHA-256 over a value of plain data and typed arrays: names in code-unit order, types and lengths included. */
export const digestOf = (value: unknown, known?: WeakMap<object, string>): string => {
  const hash = createHash('sha256')
  const add = (part: unknown): void => {
    if (ArrayBuffer.isView(part)) hash.update(`${part.constructor.name} ${part.byteLength}:${bytesOf(part, known)};`)
    else if (Array.isArray(part)) {
      hash.update(`[${part.length}:`)
      for (const each of part) add(each)
    } else if (part !== null && typeof part === 'object') {
      const names = Object.keys(part)
        .filter((name) => (part as Record<string, unknown>)[name] !== undefined)
        .sort()
      hash.update(`{${names.length}:`)
      for (const name of names) {
        hash.update(`${JSON.stringify(name)}:`)
        add((part as Record<string, unknown>)[name])
      }
    } else hash.update(`${typeof part} ${typeof part === 'number' ? numberOf(part) : JSON.stringify(part)};`)
  }
  add(value)
  return hash.digest('hex')
}

/** Digest of an array's bytes, which do not change while it is known. */
const bytesOf = (array: ArrayBufferView, known: WeakMap<object, string> | undefined): string => {
  const before = known?.get(array)
  if (before) return before
  const digest = createHash('sha256')
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest('hex')
  known?.set(array, digest)
  return digest
}

/** JSON knows neither NaN nor the infinities. */
const numberOf = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))
