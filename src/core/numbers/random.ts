/**
 * xoshiro128** (Blackman & Vigna 2021), seeded by splitmix32: small, fast, the same on every platform. `stream` keeps
 * trees, folds and epochs apart, so that results do not depend on the order of work.
 */
export interface Random {
  /** Uniform on [0, 2^32). */
  next(): number
  /** Uniform on [0, 1), 32 bits. */
  uniform(): number
  /** Uniform whole number on [0, n). */
  below(n: number): number
  /** Standard normal (Marsaglia polar). */
  normal(): number
}

const splitmix = (state: number) => () => {
  state = (state + 0x9e3779b9) | 0
  let z = state ^ (state >>> 16)
  z = Math.imul(z, 0x21f0aaad)
  z ^= z >>> 15
  z = Math.imul(z, 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

export const randomOf = (seed: number, stream = 0): Random => {
  const fill = splitmix((seed ^ Math.imul(stream + 1, 0x85ebca6b)) | 0)
  let a = fill() ^ stream
  let b = fill()
  let c = fill()
  let d = fill() | 1
  let spare = Number.NaN
  const next = () => {
    const five = Math.imul(b, 5)
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = (d << 11) | (d >>> 21)
    return result
  }
  const uniform = () => next() / 4294967296
  return {
    next,
    uniform,
    below: (n) => Math.floor(uniform() * n),
    normal: () => {
      if (!Number.isNaN(spare)) {
        const value = spare
        spare = Number.NaN
        return value
      }
      for (;;) {
        const u = 2 * uniform() - 1
        const v = 2 * uniform() - 1
        const s = u * u + v * v
        if (s > 0 && s < 1) {
          const scale = Math.sqrt((-2 * Math.log(s)) / s)
          spare = v * scale
          return u * scale
        }
      }
    },
  }
}

/** Fisher-Yates, in place. */
export const shuffle = <T extends Int32Array | Uint32Array | number[]>(values: T, random: Random): T => {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const held = values[i]
    values[i] = values[j]
    values[j] = held
  }
  return values
}
