import { threadId } from 'node:worker_threads'
import type { SharedMemory } from '../kernels/webAssembly.ts'
import { type Arena, blockBytes, blockColumns, foundFields, openArena, type Plan, stepFields } from './arena.ts'
import { gradients, type LossTask } from './losses.ts'
import { noSplit, type Rules, scanLevels, scanNumbers } from './scan.ts'
import { help, type Work } from './team.ts'

/** Everything a thread needs to take part in a fit. Arrays lie on shared memory. */
export interface BoostTask {
  memory: SharedMemory
  plan: Plan
  /** Value bins of each column. */
  bins: Int32Array
  /** Levels of each column; 0: numbers. */
  levels: Int32Array
  /** 1: the outcome may only rise with the column, -1: only fall, 0: free. */
  directions: Int8Array
  rules: Rules
  loss: LossTask
  /** Thread that leads. */
  leader: number
}

/** Phases of a fit that threads share. */
export const phase = { gradients: 1, part: 2, search: 3 } as const
/** Steps of a search, which every block of columns goes through in turn. */
export const step = { build: 0, subtract: 1, scan: 2 } as const

/** A thread's hands: does one piece of a phase, writing into the shared memory. */
export const workOf = (task: BoostTask, arena: Arena): Work => {
  const { rules, bins, levels, directions, loss } = task
  const { kernels, steps, found, parts, masks, sums, at, blocks, columns } = arena
  const best = noSplit()
  const node = { gradient: 0, hessian: 0, lower: 0, upper: 0 }

  const scan = (block: number, from: number) => {
    node.gradient = steps[from + 4]
    node.hessian = steps[from + 5]
    node.lower = steps[from + 6]
    node.upper = steps[from + 7]
    const mask = steps[from + 9] * columns
    best.gain = 0
    best.column = -1
    const base = (arena.sumsAt(steps[from + 1], block) - at.sums) / 8
    const last = Math.min(columns, (block + 1) * blockColumns)
    for (let column = block * blockColumns; column < last; column++) {
      if (masks[mask + column] === 0) continue
      const place = base + (column & 7) * 512
      if (levels[column] > 0) scanLevels(sums, place, levels[column], node, rules, column, best)
      else scanNumbers(sums, place, bins[column], node, rules, directions[column], column, best)
    }
    const to = (steps[from + 8] * blocks + block) * foundFields
    found[to] = best.gain
    found[to + 1] = best.column
    found[to + 2] = best.bin
    found[to + 3] = best.missingLeft ? 1 : 0
    found[to + 4] = best.leftGradient
    found[to + 5] = best.leftHessian
    found[to + 6] = best.category ? 1 : 0
    if (best.category) for (let word = 0; word < 8; word++) found[to + 7 + word] = best.levels[word]
  }

  const search = (block: number, count: number) => {
    const codes = at.codes + block * arena.rows * blockColumns
    for (let i = 0; i < count; i++) {
      const from = i * stepFields
      const slot = arena.sumsAt(steps[from + 1], block)
      if (steps[from] === step.build) {
        kernels.clear(slot, blockBytes)
        kernels.accumulate(codes, at.order + 4 * steps[from + 2], steps[from + 3], at.pairs, slot)
      } else if (steps[from] === step.subtract) kernels.subtract(slot, arena.sumsAt(steps[from + 2], block), blockBytes)
      else scan(block, from)
    }
  }

  const part = (piece: number) => {
    const from = piece * 8
    const codes = arena.codeAt(parts[from])
    const table = at.tables + piece * 256
    for (let side = 0; side < 2; side++) {
      const start = 4 * parts[from + 3 + side]
      const count = parts[from + 1 + side]
      parts[from + 5 + side] = kernels.partition(at.order + start, count, codes, table, at.spare + start)
    }
  }

  return (kind, piece, argument) => {
    if (kind === phase.gradients) gradients(loss, arena.pairs, piece, argument)
    else if (kind === phase.part) part(piece)
    else search(piece, argument)
  }
}

/** Worker task: helps with a fit that another thread leads, until it is over. */
export const helpBoosting = (task: BoostTask): null => {
  // Where tasks run in place there is nobody to help.
  if (task.leader === threadId) return null
  const arena = openArena(task.memory, task.plan)
  help(arena, workOf(task, arena))
  return null
}
