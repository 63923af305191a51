import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'
import { bedside, passphrase } from './command.ts'
import { hands } from './flows.ts'
import { openInBrowser, temporaryFolder } from './shells.ts'

/**
 * A vault whose only key is bound to another computer's keychain, as somebody meets it who has no desktop window there.
 */

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let code: string
const vault = () => `${folder.path}/vault`

beforeAll(async () => {
  folder = await temporaryFolder()
  const kept = new Map<string, Uint8Array>()
  const app = createApp({
    vaultPath: vault(),
    resources: `${root}/resources`,
    workers: installation().workers,
    build: '0.0.0+test',
    threads: 1,
    keychain: {
      status: async () => ({ usable: true, backend: 'keychain' }),
      keep: async (name, secret) => void kept.set(name, Uint8Array.from(secret)),
      read: async (name) => Uint8Array.from(kept.get(name) ?? []),
      forget: async (name) => void kept.delete(name),
    },
  })
  const client = app.client(app.connect('desktop'))
  await client.vault.create({ displayName: 'Dr. Lin', passphrase })
  code = (await client.users.makeRecoveryKit({ passphrase })).code
  await client.users.bindToKeychain({ passphrase })
  await app.close()
})
afterAll(() => folder.remove())

test('a shell says that the key is bound, and where it opens', async () => {
  const { code: exit, stderr } = await bedside(vault(), ['studies'])
  expect(exit).toBe(1)
  expect(stderr).toMatch(/bound to the keychain of one computer.*desktop window.*recovery kit/)
})

test('the browser says so too, in either language, and the recovery kit opens the vault there', async () => {
  const chinese = await openInBrowser({ vault: vault(), locale: 'zh-CN' })
  try {
    await hands(chinese.page, 'zh-CN').tryPassphrase(passphrase)
    await chinese.page.getByText(/此密钥已绑定到一台计算机的钥匙串/).waitFor()
  } finally {
    await chinese.close()
  }
  const { page, close } = await openInBrowser({ vault: vault() })
  try {
    const person = hands(page)
    await person.tryPassphrase(passphrase)
    await page.getByText(/bound to the keychain of one computer/).waitFor()
    await person.button('unlock:recover.use').click()
    await page.locator('[name=code]').fill(code)
    const next = 'umbrella tulip engine forty'
    await page.locator('[name=passphrase]').fill(next)
    await page.locator('[name=again]').fill(next)
    await person.button('unlock:recover.do').click()
    await person.heading('worklist:title').waitFor()
    await person.go('/settings', person.heading('settings:keychain.title'))
    await page.getByText(person.t('settings:keychain.noKeychain')).waitFor()
    expect(await person.button('settings:keychain.bind').isDisabled()).toBe(true)
  } finally {
    await close()
  }
})
