import type { ConvolutionalFront } from './shape.ts'

/** One convolution with `same` padding and rectified units, and the pooling after it. */
export interface Convolution {
  height: number
  width: number
  channels: number
  filters: number
  kernelHeight: number
  kernelWidth: number
  /** Cells above and to the left that the padding adds. */
  above: number
  before: number
  /** 1 or 2: how many rows and columns become one. */
  poolHeight: number
  poolWidth: number
  pooledHeight: number
  pooledWidth: number
}

/**
 * The layers of a convolutional front. Pooling by maxima halves rows and columns after each layer, as long as there are
 * two of them; not after the last where the mean of its map is taken.
 */
export const convolutions = ({
  height,
  width,
  channels,
  kernel,
  filters,
  readout,
}: ConvolutionalFront): Convolution[] => {
  const layers: Convolution[] = []
  let at = { height, width, channels }
  filters.forEach((count, i) => {
    const kernelHeight = height === 1 ? 1 : kernel
    const pooled = readout === 'flatten' || i < filters.length - 1
    const poolHeight = pooled && at.height > 1 ? 2 : 1
    const poolWidth = pooled && at.width > 1 ? 2 : 1
    const layer = {
      ...at,
      filters: count,
      kernelHeight,
      kernelWidth: kernel,
      above: (kernelHeight - 1) >> 1,
      before: (kernel - 1) >> 1,
      poolHeight,
      poolWidth,
      pooledHeight: Math.floor(at.height / poolHeight),
      pooledWidth: Math.floor(at.width / poolWidth),
    }
    layers.push(layer)
    at = { height: layer.pooledHeight, width: layer.pooledWidth, channels: count }
  })
  return layers
}
