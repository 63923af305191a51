/**
 * What runs in the page when it is tried what a page can do: as if somebody had taken it over. Each function is handed
 * to the page as its text, so it stands for itself.
 */

/**
 * Everything a page can ask a network for. Runs in the page; each attempt is on its own, and what it answers is not
 * trusted.
 */
export const callOut = async ({ port, hosts }) => {
  const reached = []
  const attempt = async (name, work) => {
    try {
      await Promise.race([work(), new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 1500))])
      reached.push(name)
    } catch {
      // As it should be.
    }
  }
  const loaded = (element) =>
    new Promise((resolve, reject) => {
      element.onload = resolve
      element.onerror = reject
      document.body.append(element)
    })
  const make = (tag, attributes) => Object.assign(document.createElement(tag), attributes)
  const attempts = []
  for (const host of hosts) {
    const at = `${host}:${port}`
    const url = `http://${at}/`
    attempts.push(
      attempt(`fetch ${host}`, () => fetch(url, { mode: 'no-cors' })),
      attempt(`https ${host}`, () => fetch(`https://${at}/`, { mode: 'no-cors' })),
      attempt(`keepalive ${host}`, () => fetch(url, { mode: 'no-cors', keepalive: true, method: 'POST', body: 'x' })),
      attempt(
        `xhr ${host}`,
        () =>
          new Promise((resolve, reject) => {
            const request = new XMLHttpRequest()
            request.onload = resolve
            request.onerror = reject
            request.open('GET', url)
            request.send()
          }),
      ),
      attempt(
        `websocket ${host}`,
        () =>
          new Promise((resolve, reject) => {
            const socket = new WebSocket(`ws://${at}/`)
            socket.onopen = resolve
            socket.onerror = reject
          }),
      ),
      attempt(
        `events ${host}`,
        () =>
          new Promise((resolve, reject) => {
            const source = new EventSource(url)
            source.onopen = resolve
            source.onerror = () => {
              source.close()
              reject()
            }
          }),
      ),
      attempt(`webtransport ${host}`, () => new WebTransport(`https://${at}/`).ready),
      attempt(`image ${host}`, () => loaded(make('img', { src: url }))),
      attempt(`script ${host}`, () => loaded(make('script', { src: url }))),
      attempt(`style ${host}`, () => loaded(make('link', { rel: 'stylesheet', href: url }))),
      attempt(`module ${host}`, () => loaded(make('script', { type: 'module', src: url }))),
      attempt(`font ${host}`, () => new FontFace('probe', `url(${url})`).load()),
      attempt(`worker ${host}`, () => {
        const worker = new Worker(URL.createObjectURL(new Blob([`fetch('${url}').then(() => postMessage(1))`])))
        return new Promise((resolve, reject) => {
          worker.onmessage = resolve
          worker.onerror = reject
        })
      }),
      attempt(`service worker ${host}`, () => navigator.serviceWorker.register(`${url}worker.js`)),
    )
    // These answer nothing: what was heard tells.
    navigator.sendBeacon(url, 'x')
    for (const rel of ['prefetch', 'preconnect', 'dns-prefetch', 'preload', 'modulepreload', 'icon', 'manifest'])
      document.head.append(make('link', { rel, href: url }))
    document.body.append(
      make('iframe', { src: url }),
      make('video', { src: url, autoplay: 'true' }),
      make('object', { data: url }),
      make('embed', { src: url }),
      make('webview', { src: url }),
    )
    const styled = make('div', {})
    styled.style.backgroundImage = `url(${url})`
    document.body.append(styled)
    const pinged = make('a', { href: '#', ping: url })
    document.body.append(pinged)
    pinged.click()
    window.open(url)
    const form = make('form', { action: url, method: 'POST', target: '_blank' })
    document.body.append(form)
    form.submit()
    for (const server of [`stun:${at}`, `turn:${at}?transport=udp`, `turn:${at}?transport=tcp`]) {
      const call = new RTCPeerConnection({ iceServers: [{ urls: server, username: 'u', credential: 'c' }] })
      call.createDataChannel('x')
      await call.setLocalDescription(await call.createOffer())
    }
  }
  // A peer that is told outright, over UDP and over TCP.
  const call = new RTCPeerConnection()
  call.createDataChannel('x')
  await call.setLocalDescription(await call.createOffer())
  const other = new RTCPeerConnection()
  await other.setRemoteDescription(call.localDescription)
  await other.setLocalDescription(await other.createAnswer())
  await call.setRemoteDescription(other.localDescription)
  for (const host of hosts.filter((each) => /^[\d.]+$/.test(each)))
    for (const candidate of [
      `candidate:1 1 udp 2122260223 ${host} ${port} typ host`,
      `candidate:2 1 tcp 1518280447 ${host} ${port} typ host tcptype passive`,
    ])
      await call.addIceCandidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 }).catch(() => {})
  await Promise.all(attempts)
  await new Promise((resolve) => setTimeout(resolve, 2000))
  return reached
}

/** Tries to go, and to open and embed what lies elsewhere. */
export const roam = () => {
  for (const address of [
    'https://example.org/',
    'file:///etc/passwd',
    'data:text/html,x',
    'app://elsewhere/',
    'about:blank',
    'chrome://gpu',
    'devtools://devtools/bundled/inspector.html',
  ]) {
    window.open(address)
    for (const tag of ['webview', 'iframe']) {
      const element = document.createElement(tag)
      element.setAttribute('src', address)
      element.setAttribute('allowpopups', '')
      element.setAttribute('nodeintegration', '')
      document.body.append(element)
    }
    const link = Object.assign(document.createElement('a'), { href: address, target: '_top' })
    document.body.append(link)
    link.click()
  }
}

/** What Node or Electron would put into a page. */
export const privileges = () => {
  const names = ['require', 'process', 'module', 'exports', 'Buffer', 'global', '__dirname', 'electron', 'ipcRenderer']
  return names.filter((name) => name in window)
}

/** What is granted of what needs a permission. */
export const askForAll = async () => {
  const names = ['geolocation', 'notifications', 'camera', 'microphone', 'midi', 'clipboard-read', 'persistent-storage']
  const states = await Promise.all(
    names.map(async (name) => {
      const { state } = await navigator.permissions.query({ name: name })
      return state === 'granted' ? [name] : []
    }),
  )
  const asked = async (name, ask) => {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 3000))
    return Promise.race([ask(), late]).then(
      (answer) => (answer === 'denied' ? [] : [name]),
      () => [],
    )
  }
  const answers = await Promise.all([
    asked('camera', () => navigator.mediaDevices.getUserMedia({ video: true })),
    asked('microphone', () => navigator.mediaDevices.getUserMedia({ audio: true })),
    asked('screen', () => navigator.mediaDevices.getDisplayMedia()),
    asked(
      'position',
      () => new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, reject)),
    ),
    asked('notification', () => Notification.requestPermission()),
    asked('clipboard', () => navigator.clipboard.readText()),
    asked('midi', () => navigator.requestMIDIAccess({ sysex: true })),
    asked('wake lock', () => navigator.wakeLock.request('screen')),
  ])
  return [...states, ...answers].flat()
}

/** How each address that leaves the renderer's folder is answered. */
export const reachForFiles = async () => {
  const addresses = [
    'app://bedside/../main/index.js',
    'app://bedside/%2e%2e/main/index.js',
    'app://bedside/..%2fmain%2findex.js',
    'app://bedside/%2e%2e%2f%2e%2e%2fpackage.json',
    'app://bedside/..%5c..%5cpackage.json',
    'app://bedside//etc/passwd',
    'app://bedside/%2fetc%2fpasswd',
    'app://bedside/index.html%00.js',
    'app://bedside/file:///etc/passwd',
    'app://elsewhere/index.html',
    'file:///etc/passwd',
  ]
  return Promise.all(
    addresses.map(async (address) => [
      address,
      await fetch(address).then(
        ({ status }) => status,
        () => 'refused',
      ),
    ]),
  )
}

/** Asks for a port to the core, and says to it what no client of ours would. */
export const talkRubbish = () =>
  new Promise((resolve) => {
    addEventListener('message', ({ data, ports }) => {
      const [port] = ports
      if (data !== 'bedside:port' || !port) return
      port.start()
      const rubbish = 'Wilhelmina Unmistakable'
      for (const message of [
        rubbish,
        { rubbish },
        [rubbish],
        null,
        42,
        { id: '1', type: rubbish, payload: { url: `orpc://x/${rubbish}`, body: { json: rubbish } } },
        JSON.stringify({ i: 1, t: 1, p: { u: `/vault/${rubbish}`, b: { json: { passphrase: rubbish } } } }),
        new TextEncoder().encode(rubbish),
        `{"i":"1","p":{"u":"${rubbish}`,
      ])
        port.postMessage(message)
      setTimeout(resolve, 1000)
    })
    postMessage('bedside:ready', location.origin)
  })
