import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'
import { filterGradient } from './filterGradient.ts'

export type TensorFlow = typeof import('@tensorflow/tfjs')
export interface Backend {
  tf: TensorFlow
  /** `tensorflow` (native library), `wasm` (SIMD where the processor has it) or `cpu` (plain JavaScript). */
  name: string
}
export type BackendName = 'tensorflow' | 'wasm' | 'cpu'

// Not `require`: the bundler declares that name itself.
const requireHere = createRequire(import.meta.url)

/**
 * TensorFlow.js on the best backend at hand: the native library where the optional package @tensorflow/tfjs-node is
 * installed and loads, else WebAssembly, else plain JavaScript. Runs in the thread that asks; `only` takes one backend
 * alone (for tests) and throws where it is not to be had. The first call takes about a second: nothing but training on
 * it needs it.
 */
export const openTensorFlow = async (only?: BackendName): Promise<Backend> => {
  let last: unknown
  for (const name of only ? [only] : best ? [best] : (['tensorflow', 'wasm', 'cpu'] as const)) {
    try {
      const tf = load[name]()
      // Silences the advice to install the native package, which is not for a doctor to read.
      tf.enableProdMode()
      if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js has no backend ${name} here`)
      await tf.ready()
      if (!only) best = name
      return { tf, name: tf.getBackend() }
    } catch (error) {
      last = error
    }
  }
  throw last
}
let best: BackendName | undefined

const load: Record<BackendName, () => TensorFlow> = {
  tensorflow: () => {
    restoreUtil()
    return requireHere('@tensorflow/tfjs-node')
  },
  wasm: () => {
    const wasm: typeof import('@tensorflow/tfjs-backend-wasm') = requireHere('@tensorflow/tfjs-backend-wasm')
    // Beside the package's own entry, wherever it lies: node_modules, or the app's archive.
    if (!pathSet) wasm.setWasmPaths(dirname(requireHere.resolve('@tensorflow/tfjs-backend-wasm')) + sep)
    pathSet = true
    const tf: TensorFlow = requireHere('@tensorflow/tfjs')
    addFilterGradient(tf)
    return tf
  },
  cpu: () => requireHere('@tensorflow/tfjs'),
}
let pathSet = false

/** The wasm backend has no gradient of a convolution's kernel; the one registered here is filterGradient.ts. */
const addFilterGradient = (tf: TensorFlow) => {
  const kernelName = 'Conv2DBackpropFilter'
  if (tf.getKernel(kernelName, 'wasm')) return
  tf.registerKernel({
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, dy } = inputs as Record<string, TensorInfo>
      const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs as unknown as {
        strides: [number, number]
        pad: 'same' | 'valid'
        dataFormat: 'NHWC' | 'NCHW'
        dimRoundingMode: 'floor'
        filterShape: [number, number, number, number]
      }
      const info = tf.backend_util.computeConv2DInfo(
        x.shape as [number, number, number, number],
        filterShape,
        strides,
        1,
        pad,
        dimRoundingMode,
        false,
        tf.backend_util.convertConv2DDataFormat(dataFormat),
      )
      if (info.strideHeight !== 1 || info.strideWidth !== 1 || info.dataFormat !== 'channelsLast')
        throw new Error('the gradient of a convolution is there for strides of 1 and channels last')
      const wasm = backend as unknown as WasmBackend
      const out = wasm.makeOutput(filterShape, 'float32')
      wasm.typedArrayFromHeap(out).set(
        filterGradient(wasm.readSync(x.dataId), wasm.readSync(dy.dataId), {
          batch: info.batchSize,
          height: info.inHeight,
          width: info.inWidth,
          channels: info.inChannels,
          outHeight: info.outHeight,
          outWidth: info.outWidth,
          kernelHeight: info.filterHeight,
          kernelWidth: info.filterWidth,
          filters: info.outChannels,
          above: info.padInfo.top,
          before: info.padInfo.left,
        }),
      )
      return out
    },
  })
}

type TensorInfo = import('@tensorflow/tfjs').TensorInfo
interface WasmBackend {
  readSync(id: TensorInfo['dataId']): Float32Array
  makeOutput(shape: number[], type: 'float32'): TensorInfo
  typedArrayFromHeap(tensor: TensorInfo): Float32Array
}

/** tfjs-node 4.22 still calls two functions that Node 23 took away. */
const restoreUtil = () => {
  const util = requireHere('node:util') as Record<string, unknown>
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
  util.isArray ??= Array.isArray
}

export type Tensor2 = ReturnType<TensorFlow['tensor2d']>
