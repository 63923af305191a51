import { expect, test } from 'vitest'
import { refusedSwitches } from './switches.ts'

const started = (words: string[], environment = {}) => refusedSwitches(words, environment, 'linux')

test('a packaged window is not opened to a debugger, to logs of what it shows, or without its walls', () => {
  for (const word of [
    '--remote-debugging-port=9222',
    '--remote-debugging-pipe',
    '--inspect=0',
    '--inspect-brk',
    '--js-flags=--expose-gc',
    '--enable-logging=file',
    '--log-net-log=/tmp/log.json',
    '--disable-web-security',
    '--host-resolver-rules=MAP * 10.0.0.1',
    '--proxy-server=10.0.0.1:8080',
    '--load-extension=/tmp/x',
    '--utility-cmd-prefix=gdb',
  ])
    expect(started(['--vault', '/tmp/v', word])).toEqual([word.split('=')[0]])
  expect(started(['-remote-debugging-port=1', '--INSPECT'])).toEqual(['--remote-debugging-port', '--inspect'])
  expect(refusedSwitches(['/remote-debugging-port=1'], {}, 'win32')).toEqual(['--remote-debugging-port'])
  expect(started([], { ELECTRON_ENABLE_LOGGING: '1' })).toEqual(['ELECTRON_ENABLE_LOGGING'])
})

test('what people start it with every day is taken', () => {
  expect(
    started(['--vault', '/tmp/v', '--lang=zh-CN', '--user-data-dir=/tmp/p', '--no-sandbox'], { HOME: '/x' }),
  ).toEqual([])
})
