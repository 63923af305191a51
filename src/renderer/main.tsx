import '@mantine/core/styles.layer.css'
import '@mantine/dates/styles.layer.css'
import '@mantine/notifications/styles.layer.css'
import '@fontsource-variable/inter/index.css'
import '@fontsource-variable/noto-sans-sc/index.css'
import './theme/base.css'
import { createRoot } from 'react-dom/client'
import * as z from 'zod'
import { App } from './app.tsx'
import { startLanguage } from './language/index.ts'
import { styleNonce } from './theme/nonce.ts'

// Schemas would otherwise be compiled with `new Function`, which the content security policy refuses.
z.config({ jitless: true })
// The scroll lock below dialogs writes a <style>; it takes the nonce from here.
Object.assign(globalThis, { __webpack_nonce__: styleNonce() })

await startLanguage()
createRoot(document.getElementById('root')!).render(<App />)
