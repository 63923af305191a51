import { invalidInput, issue } from '../../../contract/errors.ts'
import { net } from '../kernels/net.ts'
import { instantiate, type Memory, mostPages, pageBytes } from '../kernels/webAssembly.ts'

export const netTooLarge = () => invalidInput('netTooLarge', {}, [issue('batchSize', 'tooLargeForNet')])

type Call = (...numbers: number[]) => void

/** The kernels of net.wat. All pointers, strides and sizes are in bytes unless a count is said. */
export interface Kernels {
  memory: Memory
  /** (a, aRow, aStep, b, bias, c, rows, steps, columns, rectify, add) */
  multiply: Call
  transpose(from: number, to: number, rows: number, columns: number): void
  sumRows(from: number, to: number, rows: number, columns: number): void
  gate(gradient: number, unit: number, bytes: number): void
  scale(values: number, factors: number, bytes: number): void
  /** (w, g, m, v, bytes, rate, beta1, beta2, correct1, correct2, epsilon, decay, keep) */
  adam: Call
  /** (w, g, m, bytes, rate, momentum, decay, keep) */
  descend: Call
  gruReset(gates: number, pitch: number, before: number, passed: number, bytes: number): void
  gruState(gates: number, pitch: number, before: number, state: number, bytes: number): void
  gruBack(gates: number, pitch: number, before: number, gradient: number, into: number, bytes: number): void
  /** (gates, pitch, before, passed, gradient, into, bytes) */
  gruBackReset: Call
  /** (gates, pitch, before, cell, turned, state, bytes) */
  lstmState: Call
  /** (gates, pitch, before, turned, gradient, cell, into, bytes) */
  lstmBack: Call
  pool(from: number, below: number, pair: number, to: number, count: number, bytes: number): void
  /** (from, into, below, pair, pooled, gradient, count, bytes) */
  poolBack: Call
}

export const upTo = (n: number, multiple: number): number => Math.ceil(n / multiple) * multiple

/** An array of weights with its gradient and the optimiser's moments, by address. */
export interface Parameter {
  w: number
  g: number
  m: number
  v: number
  bytes: number
  /** Whether penalties fall on it: kernels, not biases. */
  penalised: boolean
}

export interface Heap {
  kernels: Kernels
  /** Address of room for so many floats, zero, at a multiple of 16. Ends with slack that may be read past. */
  place(floats: number): number
  parameter(floats: number, penalised: boolean): Parameter
  /** The whole memory. Asked anew after `place`. */
  floats(): Float32Array
  parameters: Parameter[]
}

/** Memory and kernels of one net; `trains`: parameters have room for gradients and moments. */
export const openHeap = (trains: boolean): Heap => {
  const kernels = instantiate<Kernels>(net)
  const { memory } = kernels
  let used = 64
  let view = new Float32Array(memory.buffer)
  const grow = (pages: number) => {
    // A quarter at once, where there is as much, so that a net of many parts grows a few times only.
    const generous = Math.min(
      Math.max(pages, memory.buffer.byteLength / pageBytes / 4),
      mostPages - memory.buffer.byteLength / pageBytes,
    )
    try {
      memory.grow(Math.max(pages, Math.floor(generous)))
    } catch {
      throw netTooLarge()
    }
  }
  const place = (floats: number) => {
    const at = used
    used += upTo(floats * 4, 16)
    const lacking = used + 256 - memory.buffer.byteLength
    if (lacking > 0) grow(Math.ceil(lacking / pageBytes))
    return at
  }
  const parameters: Parameter[] = []
  return {
    kernels,
    parameters,
    place,
    parameter: (floats, penalised) => {
      const w = place(floats)
      const [g, m, v] = trains ? [place(floats), place(floats), place(floats)] : [0, 0, 0]
      const parameter = { w, g, m, v, bytes: upTo(floats, 4) * 4, penalised }
      parameters.push(parameter)
      return parameter
    },
    floats: () => {
      if (view.buffer !== memory.buffer) view = new Float32Array(memory.buffer)
      return view
    },
  }
}

/** What turns a course or a picture into features of a row, on a heap. */
export interface HeapFront {
  /** Runs rows forward and writes their features, `stride` floats apart, from float `to` on. */
  forward(rows: Uint32Array, start: number, count: number, to: number, stride: number): void
  /** Fills the gradients of its parameters from those of the features of the rows last run. */
  backward(count: number, from: number, stride: number): void
  /** Sets and gets its weights, as `weightSpecs` lists them. */
  load(weights: readonly Float32Array[]): void
  save(): Float32Array[]
}
