import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { noncePlaceholder } from './src/contract/csp.ts'

/** The renderer: one build for the Electron window and for the loopback server. */
export default defineConfig({
  root: 'src/renderer',
  // Relative addresses, so that the same files serve app://bedside/ and http://127.0.0.1:port/.
  base: './',
  plugins: [react()],
  html: { cspNonce: noncePlaceholder },
  build: {
    outDir: '../../out/renderer',
    emptyOutDir: true,
    target: 'chrome130',
    // No data: fonts or scripts; the content security policy refuses them.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
})
