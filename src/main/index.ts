import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { app, BrowserWindow, clipboard, dialog, ipcMain, powerMonitor, safeStorage, session } from 'electron'
import type { VaultState } from '../core/app.ts'
import { watchClipboard } from './clipboard.ts'
import { startCore } from './core-process.ts'
import { guardContents, guardSession, quietChromium } from './guard.ts'
import { createKeychain } from './keychain.ts'
import { labelsFor, setMenu } from './menu.ts'
import { declareScheme, isOurs, serveRenderer } from './protocol.ts'
import { refusedSwitches } from './switches.ts'
import { openWindow } from './window.ts'

/**
 * The desktop shell: windows, menu, the app:// protocol, and the core as a process of its own. Patient data never
 * passes through here; main hands out ports and looks at none of what goes over them.
 */

/** `--vault DIR`, as a full path, or null where this user's own vault is meant. */
const namedVault = (): string | null => {
  const at = process.argv.findIndex((argument) => argument === '--vault' || argument.startsWith('--vault='))
  if (at < 0) return null
  const argument = process.argv[at] ?? ''
  const named = argument.startsWith('--vault=') ? argument.slice('--vault='.length) : process.argv[at + 1]
  return named ? resolve(named) : null
}

/**
 * The vault of this start. A named vault gets a profile of its own, so that it can be open beside this user's vault,
 * and nothing a page kept for one is there for the other.
 */
const chooseVault = (): string => {
  const named = namedVault()
  const profile = app.getPath('userData')
  if (!named) return join(profile, 'vault')
  const name = createHash('sha256').update(named).digest('hex').slice(0, 16)
  app.setPath('userData', join(profile, 'profiles', name))
  return named
}

const sorry = {
  en: 'The core of Bedside keeps stopping. No record was lost; start Bedside again, and report it if it persists.',
  zh: 'Bedside 核心反复停止运行。记录没有丢失；请重新启动 Bedside，若问题仍然存在请报告。',
}

const run = async (vault: string) => {
  await app.whenReady()
  setMenu()
  guardSession(session.defaultSession)
  serveRenderer(session.defaultSession, join(import.meta.dirname, '../renderer'))

  const copied = watchClipboard(clipboard)
  app.on('browser-window-focus', () => void copied.focused())
  app.on('browser-window-blur', () => void copied.blurred())
  let wasOpen = false
  let screenProtection = false
  const follow = ({ open, policy }: VaultState) => {
    screenProtection = open && policy.screenProtection
    for (const window of BrowserWindow.getAllWindows()) {
      window.setContentProtection(screenProtection)
      // Addresses hold what was searched for.
      if (wasOpen && !open) window.webContents.navigationHistory.clear()
    }
    if (wasOpen && !open) void copied.locked()
    wasOpen = open
  }
  app.on('browser-window-created', (_event, window) => window.setContentProtection(screenProtection))

  const core = startCore(
    vault,
    createKeychain(safeStorage, join(app.getPath('userData'), 'keychain')),
    () => {
      dialog.showErrorBox('Bedside', labelsFor(app.getLocale()) === labelsFor('zh') ? sorry.zh : sorry.en)
      app.exit(1)
    },
    follow,
  )
  powerMonitor.on('lock-screen', () => core.lock())
  powerMonitor.on('suspend', () => core.lock())
  powerMonitor.on('user-did-resign-active', () => core.lock())

  ipcMain.on('bedside:ready', ({ sender, senderFrame }) => {
    const own = BrowserWindow.getAllWindows().some((window) => window.webContents === sender)
    if (own && senderFrame && senderFrame === sender.mainFrame && isOurs(senderFrame.url)) core.connect(sender)
  })

  let stopped = false
  app.on('before-quit', (event) => {
    if (stopped) return
    event.preventDefault()
    for (const window of BrowserWindow.getAllWindows()) window.hide()
    void core.stop().then(() => {
      stopped = true
      app.quit()
    })
  })
  app.on('window-all-closed', () => app.quit())
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows()
    if (!window) return void openWindow()
    if (window.isMinimized()) window.restore()
    window.focus()
  })
  process.on('SIGINT', () => app.quit())
  process.on('SIGTERM', () => app.quit())

  await openWindow()
}

const refused = app.isPackaged ? refusedSwitches(process.argv.slice(1), process.env) : []
if (refused.length > 0) {
  dialog.showErrorBox('Bedside', `Bedside does not start with ${refused.join(', ')}: it would open records to others.`)
  app.exit(78)
} else {
  quietChromium()
  declareScheme()
  app.on('web-contents-created', (_event, contents) => guardContents(contents))

  // One app a vault: a second start brings the first one's window to the front.
  const vault = chooseVault()
  if (app.requestSingleInstanceLock()) void run(vault)
  else app.quit()
}
