import { join } from 'node:path'
import { app, BrowserWindow, nativeTheme } from 'electron'
import { isOurs, origin } from './protocol.ts'

/** Chromium's code of a navigation that was called off. */
const aborted = -3

export const openWindow = async (): Promise<BrowserWindow> => {
  const window = new BrowserWindow({
    title: 'Bedside',
    width: 1360,
    height: 900,
    minWidth: 960,
    minHeight: 640,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#1a1b1e' : '#ffffff',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/index.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      devTools: !app.isPackaged,
      navigateOnDragDrop: false,
      // Its dictionaries would come from the network.
      spellcheck: false,
    },
  })
  window.once('ready-to-show', () => window.show())
  // about:blank and the like ask nobody. They reach nothing, but neither do they show a patient: back to where it
  // began.
  const home = () => void window.loadURL(`${origin}/`)
  window.webContents.on('did-navigate', (_event, address) => {
    if (!isOurs(address) || !['/', '/index.html'].includes(new URL(address).pathname)) home()
  })
  window.webContents.on('did-fail-load', (_event, code, _text, address, isMainFrame) => {
    if (isMainFrame && code !== aborted && !isOurs(address)) home()
  })
  const crashes: number[] = []
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return
    // Its port closed with it, so that whoever was signed in is not any more. The page comes up anew, at the lock.
    process.stderr.write(`window: its page ended (${reason})\n`)
    const now = Date.now()
    crashes.push(now)
    if (crashes.filter((at) => now - at < 60_000).length < 5) window.webContents.reload()
  })
  await window.loadURL(`${origin}/`)
  return window
}
