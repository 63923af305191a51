import { app, type Session, type WebContents } from 'electron'
import { isOurs } from './protocol.ts'

/**
 * What the renderer cannot do, whatever runs in it: reach a network, go elsewhere, open windows, ask for devices, embed
 * other pages. The list is Electron's security checklist.
 */

/** Before the app is ready: no name is looked up, nothing of Chromium's own phones home. */
export const quietChromium = (): void => {
  const { commandLine } = app
  // Chromium cannot sandbox what runs as root; whoever starts it so has said --no-sandbox.
  if (!commandLine.hasSwitch('no-sandbox')) app.enableSandbox()
  commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND')
  // What needs no name needs a proxy that has none either: WebRTC over TCP, for one, passes no other check.
  commandLine.appendSwitch('proxy-server', 'socks5://bedside.invalid:9')
  commandLine.appendSwitch('proxy-bypass-list', '<-loopback>')
  commandLine.appendSwitch('disable-quic')
  commandLine.appendSwitch('disable-background-networking')
  commandLine.appendSwitch('disable-component-update')
  commandLine.appendSwitch('disable-domain-reliability')
  commandLine.appendSwitch('disable-breakpad')
  commandLine.appendSwitch('no-pings')
  commandLine.appendSwitch('dns-prefetch-disable')
  commandLine.appendSwitch('force-webrtc-ip-handling-policy', 'disable_non_proxied_udp')
}

/** Addresses a page may load: the renderer itself, and what it made in memory. */
const isAllowed = (address: string): boolean =>
  isOurs(address) ||
  (address.startsWith('blob:') && isOurs(address.slice('blob:'.length))) ||
  address.startsWith('data:image/') ||
  (!app.isPackaged && address.startsWith('devtools://devtools/'))

export const guardSession = (session: Session): void => {
  session.setPermissionRequestHandler((_contents, permission, answer, details) =>
    // Copying a patient's number to the clipboard is all a page may ask for.
    answer(permission === 'clipboard-sanitized-write' && isOurs(details.requestingUrl)),
  )
  session.setPermissionCheckHandler(
    (_contents, permission, requester) => permission === 'clipboard-sanitized-write' && isOurs(requester),
  )
  session.setDevicePermissionHandler(() => false)
  session.setUSBProtectedClassesHandler(({ protectedClasses }) => protectedClasses)
  session.setBluetoothPairingHandler((_details, answer) => answer({ confirmed: false }))
  session.setSpellCheckerEnabled(false)
  session.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !isAllowed(details.url) }))
  session.on('will-download', (event, item) => {
    // Exports are made in the page from what the core sent: a blob of our own origin, to where the user says.
    const address = item.getURL()
    if (!address.startsWith('blob:') || !isAllowed(address)) event.preventDefault()
  })
}

/** On every WebContents there will ever be. */
export const guardContents = (contents: WebContents): void => {
  const stay = (event: { preventDefault(): void }, address: string) => {
    if (!isOurs(address)) event.preventDefault()
  }
  contents.on('will-navigate', (event) => stay(event, event.url))
  contents.on('will-frame-navigate', (event) => stay(event, event.url))
  contents.on('will-redirect', (event) => stay(event, event.url))
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp')
}
