import { invalidInput } from '../../../contract/errors.ts'
import { histogram } from '../kernels/histogram.ts'
import { instantiate, makeSharedMemory, mostPages, pageBytes, type SharedMemory } from '../kernels/webAssembly.ts'
import type { BinnedColumns } from '../trees/bins.ts'

/** What the threads of one fit must know of its size. Plain numbers, so that it can be sent. */
export interface Plan {
  rows: number
  columns: number
  /** Histograms held at a time; a node that waits for its turn keeps its own where there is room. */
  slots: number
}

/** Columns whose histograms are built in one pass over a node's rows; one block's 32 KB stay in a core's own cache. */
export const blockColumns = 8
/** Bytes of one column's histogram: 256 bins, each a pair of sums (gradient, hessian). */
const columnBytes = 4096
export const blockBytes = blockColumns * columnBytes

const controlWords = 16
/** Of a step: kind, slot, first row or part's slot, rows, gradient, hessian, lower, upper, found, mask. */
export const stepFields = 10
/**
 * Of a split found: gain, column, bin, missing left, left gradient, left hessian, is a category, eight words of levels.
 */
export const foundFields = 15

/** Bytes of histograms held at most. */
const mostHistogramBytes = 192 * 2 ** 20

/** Histograms that a fit may hold at a time, of those it could use. */
export const slotsFor = (columns: number, wanted: number): number => {
  const each = Math.ceil(columns / blockColumns) * blockBytes
  return Math.max(6, Math.min(wanted, Math.floor(mostHistogramBytes / each)))
}

const layoutOf = ({ rows, columns, slots }: Plan) => {
  const blocks = Math.ceil(columns / blockColumns)
  let bytes = 0
  const take = (size: number) => {
    const at = bytes
    bytes += (size + 63) & ~63
    return at
  }
  return {
    blocks,
    control: take(controlWords * 4),
    /** Steps of a search: at most two builds, one subtraction and two scans for each of `slots` nodes. */
    steps: take(5 * slots * stepFields * 8),
    found: take(2 * slots * blocks * foundFields * 8),
    /** Per node to part: column, rows inside, rows outside, where both start; then how many of each go left. */
    parts: take(slots * 8 * 4),
    tables: take(slots * 256),
    masks: take((2 * slots + 1) * columns),
    order: take(rows * 4),
    spare: take((rows + 16) * 4),
    pairs: take(rows * 16),
    codes: take(blocks * rows * blockColumns),
    sums: take(slots * blocks * blockBytes),
    bytes,
  }
}

interface Kernels {
  accumulate(codes: number, order: number, count: number, pairs: number, sums: number): void
  clear(at: number, bytes: number): void
  subtract(whole: number, part: number, bytes: number): void
  partition(order: number, count: number, codes: number, table: number, spare: number): number
}

export type Arena = ReturnType<typeof openArena>

/** Memory for a fit, shared by the threads that help. Throws `tooLarge` where 4 GB do not hold it. */
export const makeMemory = (plan: Plan): SharedMemory => {
  const pages = Math.ceil(layoutOf(plan).bytes / pageBytes)
  if (pages >= mostPages) throw invalidInput('tooLarge', { rows: plan.rows, columns: plan.columns })
  return makeSharedMemory(pages)
}

/** Views of a fit's memory and the inner loops over it, for one thread. */
export const openArena = (memory: SharedMemory, plan: Plan) => {
  const kernels = instantiate<Kernels>(histogram, memory)
  const at = layoutOf(plan)
  const { buffer } = memory
  const { rows, columns, slots } = plan
  const { blocks } = at
  return {
    ...plan,
    blocks,
    at,
    kernels,
    control: new Int32Array(buffer, at.control, controlWords),
    steps: new Float64Array(buffer, at.steps, 5 * slots * stepFields),
    found: new Float64Array(buffer, at.found, 2 * slots * blocks * foundFields),
    parts: new Int32Array(buffer, at.parts, slots * 8),
    tables: new Uint8Array(buffer, at.tables, slots * 256),
    masks: new Uint8Array(buffer, at.masks, (2 * slots + 1) * columns),
    order: new Int32Array(buffer, at.order, rows),
    pairs: new Float64Array(buffer, at.pairs, rows * 2),
    codes: new Uint8Array(buffer, at.codes, blocks * rows * blockColumns),
    sums: new Float64Array(buffer, at.sums, slots * blocks * (blockBytes / 8)),
    /** Byte address of a row-0 code of a column; each further row is `blockColumns` on. */
    codeAt: (column: number) => at.codes + Math.floor(column / blockColumns) * rows * blockColumns + (column & 7),
    /** Byte address of a block's histogram. */
    sumsAt: (slot: number, block: number) => at.sums + (slot * blocks + block) * blockBytes,
  }
}

/** Lays codes out row by row within blocks of columns, as histograms are built from them. */
export const fillCodes = ({ codes, rows }: Arena, binned: BinnedColumns): void => {
  for (let column = 0; column < binned.columns; column++) {
    const from = column * rows
    const to = Math.floor(column / blockColumns) * rows * blockColumns + (column & 7)
    for (let row = 0; row < rows; row++) codes[to + row * blockColumns] = binned.codes[from + row]
  }
}
