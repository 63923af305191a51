import { addProjections, crossProducts } from './products.ts'
import { goesByRows, sizeOf, type WorkingSet } from './workingSet.ts'

/** Makes the Hessian of the present point, or its diagonal where steps go by rows. */
export const refreshHessian = (set: WorkingSet): void => {
  if (set.kept.length === 0) set.kept = new Float64Array(set.problem.rows)
  if (set.many > 1) fillAll(set)
  else {
    set.kept.set(set.curvature)
    if (goesByRows(set)) set.block.diagonal?.(set.kept)
    set.block.snapshot?.()
    fillHessian(set, 0)
  }
  set.fresh = true
}

/** Entries of coordinates `from` on against all up to them, at the kept point; of one linear predictor. */
export const fillHessian = (set: WorkingSet, from: number): void => {
  if (goesByRows(set)) fillDiagonal(set, from)
  else {
    fillColumns(set, from)
    if (set.first) fillIntercept(set, from)
  }
}

const fillDiagonal = (set: WorkingSet, from: number) => {
  const { first, columns, kept, diagonal } = set
  const { rows, z } = set.problem
  const size = sizeOf(set)
  for (let j = from; j < size; j++) {
    let sum = 0
    if (j < first) for (let i = 0; i < rows; i++) sum += kept[i]
    else {
      const at = columns[j - first] * rows
      for (let i = 0; i < rows; i++) sum += kept[i] * z[at + i] * z[at + i]
    }
    diagonal[j] = sum
  }
}

const fillColumns = (set: WorkingSet, from: number) => {
  const { first, columns, kept, hessian, stride, block } = set
  const { rows, z } = set.problem
  const entering = columns.slice(Math.max(0, from - first))
  const earlier = columns.slice(0, Math.max(0, from - first))
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
  const size = sizeOf(set)
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
}

/** The intercept's entries, its own where it enters and those with the entering columns. */
const fillIntercept = (set: WorkingSet, from: number) => {
  const { first, columns, kept, hessian, stride } = set
  const { rows, z } = set.problem
  if (from === 0) {
    let sum = 0
    for (let i = 0; i < rows; i++) sum += kept[i]
    hessian[0] = sum
  }
  const earlier = Math.max(0, from - first)
  const entering = columns.slice(earlier)
  const sums = new Float64Array(entering.length)
  addProjections(z, rows, entering, kept, 0, rows, sums)
  sums.forEach((sum, a) => {
    const j = first + earlier + a
    hessian[j * stride] = sum
    hessian[j] = sum
  })
}

/** All entries, of several linear predictors. */
const fillAll = (set: WorkingSet) => {
  const { first, many, columns, kept, hessian, stride, block } = set
  const { rows, z } = set.problem
  const sums = new Float64Array(columns.length)
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
      crossProducts(z, rows, columns, columns, kept, (j, l, sum) => put(first + j, first + l, sum))
      if (!first) continue
      sums.fill(0)
      addProjections(z, rows, columns, kept, 0, rows, sums)
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
