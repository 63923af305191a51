import { resolve } from 'node:path'
import { defineConfig, mergeConfig } from 'electron-vite'
import { installation } from './src/core/installation.ts'
import renderer from './vite.config.ts'

/**
 * Three bundles: main (with the core's process and its workers as entries of their own), preload, and the renderer as
 * vite.config.ts has it. Dependencies stay outside the main bundles: the database and TensorFlow.js are native.
 */
export default defineConfig({
  main: {
    define: { __BEDSIDE_BUILD__: JSON.stringify(installation().build()) },
    build: {
      target: 'node20.18',
      externalizeDeps: { include: ['@tensorflow/tfjs-node'] },
      sourcemap: false,
      rolldownOptions: {
        input: {
          index: 'src/main/index.ts',
          core: 'src/main/core.ts',
          worker: 'src/core/jobs/worker.ts',
          rowsWorker: 'src/core/intake/import/rowsWorker.ts',
          rekeyWorker: 'src/core/vault/keys/rekeyWorker.ts',
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      target: 'node20.18',
      externalizeDeps: false,
      rolldownOptions: {
        // A sandboxed preload is one CommonJS file.
        input: { index: 'src/preload/index.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: mergeConfig(renderer, { build: { outDir: resolve('out/renderer') } }),
})
