import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { freshVault } from '../../../../test/fixtures/vault.ts'
import { defaultCipher, hasAes } from './processor.ts'

const program = `
  import { hasAes } from ${JSON.stringify(new URL('./processor.ts', import.meta.url).href)}
  console.log(hasAes())`

test.skipIf(process.arch !== 'x64')(
  'a processor without AES instructions is not given a cipher that needs them',
  () => {
    // OpenSSL's own switch: AES-NI and carry-less multiplication are hidden from it.
    const env = { ...process.env, OPENSSL_ia32cap: '~0x200000200000000' }
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { env, encoding: 'utf8' })
    expect(stdout.trim()).toBe('false')
  },
)

test('a vault gets the cipher of this processor, or the one that was chosen', async () => {
  expect(defaultCipher()).toBe(hasAes() ? 'aegis-256' : 'chacha20-poly1305')
  for (const [asked, got] of [
    [undefined, defaultCipher()],
    ['chacha20-poly1305', 'chacha20-poly1305'],
    ['sqlcipher-aes-256', 'sqlcipher-aes-256'],
  ] as const) {
    const { vault, remove } = await freshVault({ cipher: asked })
    expect(vault.cipher).toBe(got)
    remove()
  }
})
