import { createRequire } from 'node:module'
import { dirname, sep } from 'node:path'

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
 * TensorFlow.js on the best backend at hand: the native library where the optional package @tensorflow/tfjs-node is installed
 * and loads, else WebAssembly, else plain JavaScript. Runs in the thread that asks; `only` takes one backend alone (for
 * tests) and throws where it is not to be had. The first call takes about a second: nothing but training on it needs it.
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
    return requireHere('@tensorflow/tfjs')
  },
  cpu: () => requireHere('@tensorflow/tfjs'),
}
let pathSet = false

/** tfjs-node 4.22 still calls two functions that Node 23 took away. */
const restoreUtil = () => {
  const util = requireHere('node:util') as Record<string, unknown>
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
  util.isArray ??= Array.isArray
}
