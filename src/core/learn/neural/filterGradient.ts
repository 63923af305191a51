import { openHeap, upTo } from './heap.ts'

/** Sizes of a convolution of stride 1 over pictures laid row after row, channels inside. */
export interface FilterShape {
  batch: number
  height: number
  width: number
  channels: number
  outHeight: number
  outWidth: number
  kernelHeight: number
  kernelWidth: number
  filters: number
  above: number
  before: number
}

/**
 * Gradient of a convolution's kernel (height, width, channels, filters), which TensorFlow.js's wasm backend lacks: one
 * product a kernel row over all places of the padded batch, as in fusedConvolution.ts.
 */
export const filterGradient = (x: Float32Array, dy: Float32Array, shape: FilterShape): Float32Array => {
  const { batch, height, width, channels, outHeight, outWidth, kernelHeight, kernelWidth, filters } = shape
  const padHeight = outHeight + kernelHeight - 1
  const padWidth = outWidth + kernelWidth - 1
  const columns = upTo(filters, 8)
  const places = upTo(batch * padHeight * padWidth, 4)
  const rows = upTo(kernelWidth * channels, 4)
  const heap = openHeap(false)
  const input = heap.place((places + kernelHeight * padWidth) * channels)
  const gradient = heap.place(places * columns)
  const into = heap.place(kernelHeight * rows * columns)
  const floats = heap.floats()
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < height; y++) {
      const line = width * channels
      const from = (b * height + y) * line
      const at = ((b * padHeight + y + shape.above) * padWidth + shape.before) * channels
      floats.set(x.subarray(from, from + line), input / 4 + at)
    }
    for (let y = 0; y < outHeight; y++)
      for (let px = 0; px < outWidth; px++) {
        const from = ((b * outHeight + y) * outWidth + px) * filters
        floats.set(dy.subarray(from, from + filters), gradient / 4 + ((b * padHeight + y) * padWidth + px) * columns)
      }
  }
  const result = new Float32Array(kernelHeight * kernelWidth * channels * filters)
  for (let ky = 0; ky < kernelHeight; ky++) {
    const to = into + ky * rows * columns * 4
    heap.kernels.multiply(
      ...[input + ky * padWidth * channels * 4, 4, channels * 4, gradient, 0, to],
      ...[rows, places, columns, 0, 0],
    )
    for (let i = 0; i < kernelWidth * channels; i++)
      for (let o = 0; o < filters; o++)
        result[(ky * kernelWidth * channels + i) * filters + o] = floats[to / 4 + i * columns + o]
  }
  return result
}
