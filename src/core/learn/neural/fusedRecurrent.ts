import { type Heap, type HeapFront, type Parameter, upTo } from './heap.ts'
import { gatesOf, type NetData } from './net.ts'
import type { RecurrentFront } from './shape.ts'

/**
 * A gated recurrent unit (Cho et al. 2014, the reset before the product, as TensorFlow.js has it) or long short-term
 * memory (Hochreiter & Schmidhuber 1997), with back-propagation through all steps.
 *
 * Rows of a batch are ordered by length, longest first, so that those still running at a step are a prefix and none is
 * padded or
 * masked: a row that has ended keeps its state. Steps lie one after another, each with room for the rows running then
 * (to a multiple of 4), so that the products with the inputs, and the kernels' gradients, are one product over all
 * steps.
 */
export const fusedRecurrent = (
  heap: Heap,
  { cell, inputs, units }: RecurrentFront,
  data: NetData,
  batch: number,
  trains: boolean,
): HeapFront => {
  const { kernels, place } = heap
  const steps = data.steps as NonNullable<NetData['steps']>
  const gates = gatesOf(cell)
  const width = upTo(units, 8)
  const inputWidth = upTo(inputs, 4)
  const rowBytes = width * 4
  const each = <T>(make: (gate: number) => T): T[] => Array.from({ length: gates }, (_, gate) => make(gate))
  const kernel = each(() => heap.parameter(inputWidth * width, true))
  const recurrent = each(() => heap.parameter(width * width, true))
  const bias = each(() => heap.parameter(width, false))

  const lengths = Int32Array.from({ length: data.rows }, (_, row) => steps.offsets[row + 1] - steps.offsets[row])
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0)
  const most = mostPlaces(lengths, batch)
  const input = place(most * inputWidth)
  const pitch = upTo(most * width, 4) * 4
  const gateUnits = place((pitch / 4) * gates)
  const before = place(most * width)
  const state = place(batch * width)
  // The reset state of a GRU; the cell before, and the tanh of the cell, of an LSTM.
  const passed = place(most * width)
  const turned = cell === 'lstm' ? place(most * width) : 0
  const cells = cell === 'lstm' ? place(batch * width) : 0
  const gateGradients = trains ? place((pitch / 4) * gates) : 0
  const stateGradient = trains ? place(batch * width) : 0
  const cellGradient = trains && cell === 'lstm' ? place(batch * width) : 0
  const passedGradient = trains && cell === 'gru' ? place(batch * width) : 0
  const transposed = each(() => (trains ? place(width * width) : 0))

  /** Rows at work in order of length, and where each step's places begin. */
  const order = new Int32Array(batch)
  const starts = new Int32Array(longest + 1)
  const running = new Int32Array(longest + 1)
  let last = 0

  const arrange = (rows: Uint32Array, start: number, count: number) => {
    for (let i = 0; i < count; i++) order[i] = i
    order.subarray(0, count).sort((a, b) => lengths[rows[start + b]] - lengths[rows[start + a]] || a - b)
    last = count > 0 ? lengths[rows[start + order[0]]] : 0
    let at = 0
    let active = count
    for (let step = 0; step < last; step++) {
      while (active > 0 && lengths[rows[start + order[active - 1]]] <= step) active--
      starts[step] = at
      running[step] = active
      at += upTo(active, 4)
    }
    starts[last] = at
    return at
  }

  const forward: HeapFront['forward'] = (rows, start, count, to, stride) => {
    const places = arrange(rows, start, count)
    const floats = heap.floats()
    for (let step = 0; step < last; step++) {
      let at = input / 4 + starts[step] * inputWidth
      for (let i = 0; i < running[step]; i++, at += inputWidth) {
        const from = (steps.offsets[rows[start + order[i]]] + step) * inputs
        for (let j = 0; j < inputs; j++) floats[at + j] = steps.values[from + j]
      }
      floats.fill(0, at, input / 4 + starts[step + 1] * inputWidth)
    }
    floats.fill(0, state / 4, state / 4 + batch * width)
    if (cells) floats.fill(0, cells / 4, cells / 4 + batch * width)
    if (places > 0)
      for (let gate = 0; gate < gates; gate++)
        kernels.multiply(
          ...[input, inputWidth * 4, 4, kernel[gate].w, bias[gate].w, gateUnits + gate * pitch],
          ...[places, inputWidth, width, 0, 0],
        )
    for (let step = 0; step < last; step++) {
      const offset = starts[step] * rowBytes
      const bytes = running[step] * rowBytes
      const padded = starts[step + 1] - starts[step]
      const [own, old] = [gateUnits + offset, before + offset]
      floats.copyWithin(old / 4, state / 4, (state + padded * rowBytes) / 4)
      const recur = (from: number, gate: number) =>
        kernels.multiply(
          ...[from, rowBytes, 4, recurrent[gate].w, 0, own + gate * pitch],
          ...[padded, width, width, 0, 1],
        )
      if (cell === 'gru') {
        recur(old, 0)
        recur(old, 1)
        kernels.gruReset(own, pitch, old, passed + offset, bytes)
        recur(passed + offset, 2)
        kernels.gruState(own, pitch, old, state, bytes)
      } else {
        for (let gate = 0; gate < 4; gate++) recur(old, gate)
        floats.copyWithin((passed + offset) / 4, cells / 4, (cells + bytes) / 4)
        kernels.lstmState(own, pitch, passed + offset, cells, turned + offset, state, bytes)
      }
    }
    for (let i = 0; i < count; i++) {
      const from = state / 4 + i * width
      const into = to + order[i] * stride
      for (let j = 0; j < units; j++) floats[into + j] = floats[from + j]
    }
  }

  const backward: HeapFront['backward'] = (count, from, stride) => {
    const floats = heap.floats()
    const places = starts[last]
    floats.fill(0, gateGradients / 4, (gateGradients + pitch * gates) / 4)
    floats.fill(0, stateGradient / 4, stateGradient / 4 + batch * width)
    if (cellGradient) floats.fill(0, cellGradient / 4, cellGradient / 4 + batch * width)
    for (let i = 0; i < count; i++) {
      const at = from + order[i] * stride
      const into = stateGradient / 4 + i * width
      for (let j = 0; j < units; j++) floats[into + j] = floats[at + j]
    }
    for (let gate = 0; gate < gates; gate++) kernels.transpose(recurrent[gate].w, transposed[gate], width, width)
    for (let step = last - 1; step >= 0; step--) {
      const offset = starts[step] * rowBytes
      const bytes = running[step] * rowBytes
      const padded = starts[step + 1] - starts[step]
      const [own, old, into] = [gateUnits + offset, before + offset, gateGradients + offset]
      const back = (gate: number, to: number, add: number) =>
        kernels.multiply(
          ...[into + gate * pitch, rowBytes, 4, transposed[gate], 0, to],
          ...[padded, width, width, 0, add],
        )
      if (cell === 'gru') {
        kernels.gruBack(own, pitch, old, stateGradient, into, bytes)
        back(2, passedGradient, 0)
        kernels.gruBackReset(own, pitch, old, passedGradient, stateGradient, into, bytes)
        back(0, stateGradient, 1)
        back(1, stateGradient, 1)
      } else {
        kernels.lstmBack(own, pitch, passed + offset, turned + offset, stateGradient, cellGradient, into, bytes)
        for (let gate = 0; gate < 4; gate++) back(gate, stateGradient, 1)
      }
    }
    const gradient = (left: number, leftWidth: number, gate: number, { g }: Parameter) => {
      if (places === 0) floats.fill(0, g / 4, g / 4 + leftWidth * width)
      else
        kernels.multiply(
          ...[left, 4, leftWidth * 4, gateGradients + gate * pitch, 0, g],
          ...[leftWidth, places, width, 0, 0],
        )
    }
    for (let gate = 0; gate < gates; gate++) {
      gradient(input, inputWidth, gate, kernel[gate])
      // Padded places of the state before hold what was left there; their gates' gradients are 0.
      gradient(cell === 'gru' && gate === 2 ? passed : before, width, gate, recurrent[gate])
      if (places === 0) floats.fill(0, bias[gate].g / 4, bias[gate].g / 4 + width)
      else kernels.sumRows(gateGradients + gate * pitch, bias[gate].g, places, width)
    }
  }

  const parts = [
    { parameters: kernel, rows: inputs },
    { parameters: recurrent, rows: units },
    { parameters: bias, rows: 1 },
  ]
  return {
    forward,
    backward,
    load: (weights) => {
      const floats = heap.floats()
      parts.forEach(({ parameters, rows }, part) => {
        parameters.forEach(({ w }, gate) => {
          for (let i = 0; i < rows; i++)
            for (let j = 0; j < units; j++)
              floats[w / 4 + i * width + j] = weights[part][i * gates * units + gate * units + j]
        })
      })
    },
    save: () => {
      const floats = heap.floats()
      return parts.map(({ parameters, rows }) => {
        const values = new Float32Array(rows * gates * units)
        parameters.forEach(({ w }, gate) => {
          for (let i = 0; i < rows; i++)
            for (let j = 0; j < units; j++) values[i * gates * units + gate * units + j] = floats[w / 4 + i * width + j]
        })
        return values
      })
    },
  }
}

/** Most places that any batch of rows can take: the longest rows together, each step to a multiple of 4. */
const mostPlaces = (lengths: Int32Array, batch: number): number => {
  const sorted = lengths.slice().sort().reverse().subarray(0, batch)
  return sorted.reduce((sum, length) => sum + length, 0) + 3 * (sorted[0] ?? 0) + 4
}
