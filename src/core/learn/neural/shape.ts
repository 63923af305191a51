/**
 * A net: hidden layers of rectified linear units and linear outputs over the columns; where it has a front, over what
 * the front makes of a course or a picture, followed by the columns.
 */
export interface NetShape {
  inputs: number
  hidden: readonly number[]
  outputs: number
  front?: Front
}

export type Front = RecurrentFront | ConvolutionalFront

/**
 * A gated recurrent unit or long short-term memory over the steps of a row; its features are the state after the last.
 */
export interface RecurrentFront {
  kind: 'recurrent'
  cell: 'gru' | 'lstm'
  /** Numbers a step. */
  inputs: number
  units: number
}

/** Convolutions over a picture, or over a signal as a picture of height 1; see convolutions.ts. */
export interface ConvolutionalFront {
  kind: 'convolutional'
  height: number
  width: number
  channels: number
  kernel: number
  /** Of each layer in turn. */
  filters: readonly number[]
  /** How the last map becomes features: its mean over all places, or all of it. */
  readout: 'average' | 'flatten'
}
