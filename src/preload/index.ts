import { ipcRenderer } from 'electron'

/**
 * Hands the renderer one MessagePort to the core, nothing else. The page asks for it by posting `bedside:ready` to its
 * own window, and asks again after the core was lost; main decides whether it gets one.
 */
const page = window

page.addEventListener('message', (event) => {
  if (event.source === page && event.origin === page.location.origin && event.data === 'bedside:ready')
    ipcRenderer.send('bedside:ready')
})

ipcRenderer.on('bedside:port', (event) => {
  page.postMessage('bedside:port', page.location.origin, event.ports)
})
