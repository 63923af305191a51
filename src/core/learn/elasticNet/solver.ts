import { descend, descendByRows } from './descent.ts'
import type { Block } from './families.ts'
import type { Problem } from './problem.ts'
import { addColumns, addProjections, crossProducts } from './products.ts'

/** Rows handled at once, so that their columns stay in the cache between a step and the gradient after it. */
const chunk = 1024
/** Working sets beyond it have no Hessian; steps go by rows then. */
const mostColumns = 500
const mostSteps = 500
/** A stale Hessian is made anew where a step is not at most this share of the one before (its square: in the loss). */
const staleness = 0.3 ** 2

/**
 * One block's coefficients on the working set: Newton steps on its penalised loss, with the Hessian of an earlier point
 * while that serves.
 */
export interface Solver {
  /** Adds columns to the working set, at 0. */
  include(found: number[]): void
  penalise(lambda: number, alpha: number): void
  /** Loss and gradient at the present point; the loss is returned. */
  evaluate(): number
  refresh(): void
  /** Repeats steps until one would change the loss by less than the tolerance; false where they ran out. */
  solve(tolerance: number): boolean
  /** One step; false where it is smaller than the tolerance and none was made. */
  step(tolerance: number): boolean
  /** Subtracts from all coordinates. */
  shift(by: Float64Array): void
  loss(): number
  /** Largest absolute gradient of columns outside the working set, over the linear predictors. */
  project(columns: number[], into: Float64Array): void
  /** Writes the coefficients, predictors x columns, and the intercepts. */
  write(into: Float64Array, intercepts: Float64Array): void
  working(): { size: number; first: number; set: number[]; beta: Float64Array }
}

export const solverOf = ({ rows, columns, z, penaltyFactors }: Problem, block: Block): Solver => {
  const first = block.intercept ? 1 : 0
  /** Linear predictors: coordinates stand side by side for each position, the intercept's first. */
  const many = block.etas.length
  const set: number[] = []
  const residuals = block.etas.map(() => new Float64Array(rows))
  const [residual] = residuals
  const curvature = new Float64Array(rows)
  /** Row weights of the Hessian's point. */
  let kept = new Float64Array(0)
  let stride = 32
  let hessian = new Float64Array(stride * stride)
  let diagonal = new Float64Array(stride)
  let beta = new Float64Array(stride)
  let gradient = new Float64Array(stride)
  let l1 = new Float64Array(stride)
  let l2 = new Float64Array(stride)
  let [lambda, alpha] = [0, 1]
  let current = Number.NaN
  let fresh = false
  /** What the last, unmade step would have added: it is known at no cost. */
  let pending = new Float64Array(stride)
  if (first) beta.set(block.starts)

  const positions = () => first + set.length
  const sizeOf = () => many * positions()
  const byRows = () => many === 1 && set.length > mostColumns

  const gradients = (from: number, to: number) => {
    const own = many === 1 ? gradient : new Float64Array(positions())
    for (let k = 0; k < many; k++) {
      const rest = residuals[k]
      if (k > 0) own.fill(0)
      if (first) {
        let sum = 0
        for (let i = from; i < to; i++) sum += rest[i]
        own[0] += sum
      }
      addProjections(z, rows, set, rest, from, to, own, first)
      if (many > 1) for (let j = 0; j < own.length; j++) gradient[j * many + k] += own[j]
    }
  }
  /** Moves by a step and evaluates there. */
  const move = (steps: Float64Array | null, share = 1): number => {
    const moving = block.etas.map((eta, k) => {
      const columns: number[] = []
      const amounts: number[] = []
      if (steps)
        for (let j = first; j < positions(); j++)
          if (steps[j * many + k] !== 0) {
            columns.push(set[j - first])
            amounts.push(share * steps[j * many + k])
          }
      return { eta, columns, amounts, constant: steps && first ? share * steps[k] : 0 }
    })
    if (steps) for (let j = 0; j < sizeOf(); j++) beta[j] += share * steps[j]
    gradient.fill(0)
    let loss = 0
    for (let from = 0; from < rows; from += chunk) {
      const to = Math.min(rows, from + chunk)
      for (const { eta, columns, amounts, constant } of moving) {
        if (constant !== 0) for (let i = from; i < to; i++) eta[i] += constant
        if (columns.length > 0) addColumns(z, rows, columns, amounts, from, to, eta)
      }
      if (block.whole) continue
      loss += block.update(from, to, residuals, curvature)
      gradients(from, to)
    }
    if (block.whole) {
      loss = block.update(0, rows, residuals, curvature)
      for (let from = 0; from < rows; from += chunk) gradients(from, Math.min(rows, from + chunk))
    }
    current = loss
    fresh = false
    return loss
  }

  const resize = (needed: number) => {
    if (needed <= stride) return
    const wide = Math.max(needed, Math.min(2 * stride, many * (first + mostColumns)))
    const grown = (values: Float64Array) => {
      const larger = new Float64Array(wide)
      larger.set(values)
      return larger
    }
    const before = hessian
    const size = byRows() ? 0 : wide
    hessian = new Float64Array(size * size)
    if (size > 0) for (let j = 0; j < stride; j++) hessian.set(before.subarray(j * stride, (j + 1) * stride), j * wide)
    stride = wide
    ;[diagonal, beta, gradient, l1, l2, pending] = [diagonal, beta, gradient, l1, l2, pending].map(grown)
  }

  /** Hessian entries of coordinates `from` on against all up to them, at the kept point. */
  const fill = (from: number) => {
    const size = sizeOf()
    if (byRows()) {
      for (let j = from; j < size; j++) {
        let sum = 0
        if (j < first) for (let i = 0; i < rows; i++) sum += kept[i]
        else {
          const at = set[j - first] * rows
          for (let i = 0; i < rows; i++) sum += kept[i] * z[at + i] * z[at + i]
        }
        diagonal[j] = sum
      }
      return
    }
    const entering = set.slice(Math.max(0, from - first))
    const earlier = set.slice(0, Math.max(0, from - first))
    const place = (base: number) => (a: number, b: number, sum: number) => {
      const j = first + earlier.length + a
      const l = first + base + b
      hessian[j * stride + l] += sum
      if (j !== l) hessian[l * stride + j] += sum
    }
    const correct = (base: number) => {
      const put = place(base)
      return (a: number, b: number, sum: number) => put(a, b, -sum)
    }
    for (let j = first + earlier.length; j < size; j++)
      for (let l = 0; l <= j; l++) {
        hessian[j * stride + l] = 0
        hessian[l * stride + j] = 0
      }
    crossProducts(z, rows, entering, entering, kept, place(earlier.length))
    block.correct?.(z, entering, entering, correct(earlier.length))
    if (earlier.length > 0) {
      crossProducts(z, rows, entering, earlier, kept, place(0))
      block.correct?.(z, entering, earlier, correct(0))
    }
    if (!first) return
    if (from === 0) {
      let sum = 0
      for (let i = 0; i < rows; i++) sum += kept[i]
      hessian[0] = sum
    }
    const sums = new Float64Array(entering.length)
    addProjections(z, rows, entering, kept, 0, rows, sums)
    sums.forEach((sum, a) => {
      const j = first + earlier.length + a
      hessian[j * stride] = sum
      hessian[j] = sum
    })
  }
  /** All entries, of several linear predictors. */
  const fillAll = () => {
    const sums = new Float64Array(set.length)
    for (let a = 0; a < many; a++)
      for (let b = 0; b <= a; b++) {
        block.curvatureOf?.(a, b, kept)
        const put = (j: number, l: number, sum: number) => {
          for (const [one, other] of [
            [j * many + a, l * many + b],
            [l * many + a, j * many + b],
          ]) {
            hessian[one * stride + other] = sum
            hessian[other * stride + one] = sum
          }
        }
        crossProducts(z, rows, set, set, kept, (j, l, sum) => put(first + j, first + l, sum))
        if (!first) continue
        sums.fill(0)
        addProjections(z, rows, set, kept, 0, rows, sums)
        sums.forEach((sum, j) => {
          put(first + j, 0, sum)
        })
        put(
          0,
          0,
          kept.reduce((sum, one) => sum + one, 0),
        )
      }
  }
  const refresh = () => {
    if (kept.length === 0) kept = new Float64Array(rows)
    if (many > 1) {
      fillAll()
      fresh = true
      return
    }
    kept.set(curvature)
    if (byRows()) block.diagonal?.(kept)
    block.snapshot?.()
    fill(0)
    fresh = true
  }

  const propose = (tolerance: number) => {
    const size = sizeOf()
    const next = beta.slice(0, size)
    if (byRows()) {
      const columns = [...(first ? [null] : []), ...set.map((column) => z.subarray(column * rows, (column + 1) * rows))]
      descendByRows(columns, kept, residual.slice(), { beta: next, l1, l2, curvature: diagonal }, tolerance * 0.1)
    } else descend({ size, hessian, stride, gradient: gradient.slice(0, size), beta: next, l1, l2 }, tolerance * 0.01)
    const steps = new Float64Array(stride)
    let change = 0
    for (let j = 0; j < size; j++) {
      steps[j] = next[j] - beta[j]
      const bend = byRows() ? diagonal[j] : hessian[j * stride + j]
      change = Math.max(change, bend * steps[j] * steps[j])
    }
    return { steps, change }
  }

  const penalty = () => {
    let sum = 0
    for (let j = first * many; j < sizeOf(); j++) sum += l1[j] * Math.abs(beta[j]) + (l2[j] / 2) * beta[j] * beta[j]
    return sum
  }
  /** Makes a step, shorter where it would raise the penalised loss; false where even a short one does. */
  const advance = (steps: Float64Array): boolean => {
    const before = current + penalty()
    const slack = 1e-13 * (Math.abs(before) + 1e-3)
    move(steps)
    let share = 1
    for (let halving = 0; halving < 40; halving++) {
      const now = current + penalty()
      if (Number.isFinite(now) && now <= before + slack) return true
      if (halving === 0 && kept.length > 0 && !wasFresh) {
        move(steps, -share)
        return false
      }
      move(steps, -share / 2)
      share /= 2
    }
    return true
  }
  let wasFresh = false

  const step = (tolerance: number): boolean => {
    if (kept.length === 0) refresh()
    wasFresh = fresh
    let { steps, change } = propose(tolerance)
    if (change < tolerance) {
      pending = steps
      return false
    }
    if (!advance(steps)) {
      refresh()
      wasFresh = true
      ;({ steps, change } = propose(tolerance))
      advance(steps)
    }
    return true
  }

  return {
    include(found) {
      if (found.length === 0) return
      const from = positions()
      set.push(...found)
      resize(sizeOf())
      if (many > 1) {
        move(null)
        if (kept.length > 0) refresh()
        this.penalise(lambda, alpha)
        return
      }
      if (kept.length > 0) {
        if (byRows() && from - first <= mostColumns) refresh()
        else fill(from)
      }
      addProjections(z, rows, found, residual, 0, rows, gradient, from)
      this.penalise(lambda, alpha)
    },
    penalise(by, mixing) {
      lambda = by
      alpha = mixing
      for (let j = first; j < positions(); j++) {
        const amount = lambda * penaltyFactors[set[j - first]]
        l1.fill(alpha * amount, j * many, (j + 1) * many)
        l2.fill((1 - alpha) * amount, j * many, (j + 1) * many)
      }
      pending.fill(0)
    },
    evaluate: () => move(null),
    refresh,
    solve(tolerance) {
      if (Number.isNaN(current)) move(null)
      if (kept.length === 0) refresh()
      let last = Number.POSITIVE_INFINITY
      for (let count = 0; count < mostSteps; count++) {
        wasFresh = fresh
        const { steps, change } = propose(tolerance)
        if (change < tolerance) {
          pending = steps
          return true
        }
        if (!fresh && change > staleness * last) {
          refresh()
          continue
        }
        if (advance(steps)) last = change
        else refresh()
      }
      return false
    },
    step,
    shift(by) {
      move(by, -1)
    },
    loss: () => current,
    project(columns, into) {
      into.fill(0)
      const own = new Float64Array(columns.length)
      for (const rest of residuals) {
        own.fill(0)
        for (let from = 0; from < rows; from += chunk)
          addProjections(z, rows, columns, rest, from, Math.min(rows, from + chunk), own)
        own.forEach((value, j) => {
          into[j] = Math.max(into[j], Math.abs(value))
        })
      }
    },
    write(into, intercepts) {
      for (let k = 0; k < many; k++) {
        for (let j = first; j < positions(); j++)
          into[k * columns + set[j - first]] = beta[j * many + k] + pending[j * many + k]
        intercepts[k] = first ? beta[k] + pending[k] : 0
      }
    },
    working: () => ({ size: sizeOf(), first, set, beta }),
  }
}
