/** What is used of WebAssembly: Node and Electron have it, TypeScript has its types among the browser's only. */
declare const WebAssembly: {
  Memory: new (size: { initial: number; maximum: number; shared: true }) => SharedMemory
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports?: object) => { exports: unknown }
}

/** Memory of an instance's own, which it exports. Views of `buffer` end where it grows. */
export interface Memory {
  buffer: ArrayBuffer
  grow(pages: number): number
}

/** Memory that all threads of a fit see. */
export interface SharedMemory {
  buffer: SharedArrayBuffer
}

/** Bytes of a page, the unit in which memory is made and grows. */
export const pageBytes = 65_536
/** Pages that 32-bit addresses reach: 4 GB. */
export const mostPages = 65_536

export const makeSharedMemory = (pages: number): SharedMemory =>
  new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })

const compiled = new Map<string, object>()

/** A new instance of assembled kernels (base64), with memory of its own or on `memory`. Compiled once a thread. */
export const instantiate = <Exports>(kernels: string, memory?: SharedMemory): Exports => {
  let module = compiled.get(kernels)
  if (!module) {
    module = new WebAssembly.Module(Buffer.from(kernels, 'base64'))
    compiled.set(kernels, module)
  }
  return new WebAssembly.Instance(module, memory ? { bedside: { memory } } : {}).exports as Exports
}
