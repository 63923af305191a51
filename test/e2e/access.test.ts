import { afterAll, beforeAll, expect, test } from 'vitest'
import { passphrase } from './command.ts'
import { barriersOf, type Hands, hands } from './flows.ts'
import { openInBrowser, type Shell, temporaryFolder } from './shells.ts'

/** Who gets in, as an administrator and a colleague meet it in the browser. */

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let shell: Shell
let person: Hands
const grace = 'seven lanterns over quiet water'
const next = 'umbrella tulip engine forty'
let code = ''

beforeAll(async () => {
  folder = await temporaryFolder()
  shell = await openInBrowser({ vault: `${folder.path}/vault` })
  person = hands(shell.page)
})
afterAll(async () => {
  await shell.close()
  await folder.remove()
})

const dialog = () => shell.page.getByRole('dialog')
const button = (key: string) => dialog().getByRole('button', { name: person.t(key) })
const typeNew = async (secret: string) => {
  await dialog().locator('[name=passphrase]').fill(secret)
  await dialog().locator('[name=again]').fill(secret)
}
const toSettings = () => person.go('/settings', person.heading('settings:users.title'))

test('the first run does not take a passphrase that anyone would guess', async () => {
  const { page } = shell
  await person.heading('unlock:createTitle').waitFor()
  await page.locator('[name=displayName]').fill('Dr. Lin')
  await page.locator('[name=passphrase]').fill('Password1!')
  await page.locator('[name=again]').fill('Password1!')
  await page.locator('[name=understood]').check()
  await page.getByText(person.t('unlock:strength.weak')).waitFor()
  await person.button('unlock:create').click()
  await page.getByText(person.t('unlock:passphraseWeak')).waitFor()
  await person.createVault()
})

test('an administrator adds a colleague, who signs in by name and sees no users', async () => {
  const { page } = shell
  await toSettings()
  await page.getByRole('button', { name: person.t('settings:users.add') }).click()
  await dialog().locator('[name=displayName]').fill('Grace Hopper')
  await dialog().locator('[name=login]').fill('grace')
  await typeNew(grace)
  expect(await barriersOf(page)).toEqual([])
  await button('settings:users.add').click()
  await page
    .getByRole('cell', { name: /^Grace Hopper/ })
    .first()
    .waitFor()
  expect(await barriersOf(page)).toEqual([])
  await person.lock()
  await page.locator('[name=user]').fill('grace')
  await page.keyboard.press('Escape')
  await page.getByLabel(person.t('unlock:passphrase')).first().fill(grace)
  await person.button('unlock:unlock').click()
  await person.heading('worklist:title').waitFor()
  await person.go('/settings', person.heading('settings:passphrase.title'))
  expect(await page.getByRole('main').innerText()).not.toMatch(new RegExp(person.t('settings:users.title'), 'm'))
  await person.lock()
  await person.unlock()
})

test('a recovery kit is shown once, and printed alone', async () => {
  const { page } = shell
  await toSettings()
  await page.getByRole('button', { name: person.t('settings:kit.make') }).click()
  await dialog().locator('[name=passphrase]').fill(passphrase)
  await button('settings:kit.make').click()
  await page.getByText(person.t('settings:kit.shownOnce')).waitFor()
  code = /(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}/.exec(await dialog().innerText())?.[0] ?? ''
  expect(code).not.toBe('')
  expect(await barriersOf(page)).toEqual([])
  const shown = (text: string) => page.getByText(text).filter({ visible: true }).count()
  await page.emulateMedia({ media: 'print' })
  expect(await page.locator('body').innerText()).toMatch(/^Bedside recovery kit/)
  expect([await shown(code), await shown('Grace Hopper'), await shown('The code works once')]).toEqual([1, 0, 1])
  await page.emulateMedia({ media: 'screen' })
  await page.keyboard.press('Escape')
  expect(await shown(code)).toBe(1)
  await dialog().getByRole('checkbox').check()
  await button('settings:kit.close').click()
  await dialog().waitFor({ state: 'detached' })
  expect(await page.content()).not.toContain(code)
})

test('a key slot is taken away, and nobody can take the last way in', async () => {
  const { page } = shell
  const slots = page.getByRole('region', { name: person.t('settings:slots.title') })
  await slots.getByRole('row').filter({ hasText: 'Grace Hopper' }).getByRole('button').click()
  expect(await barriersOf(page)).toEqual([])
  await button('settings:slots.revoke').click()
  await slots.getByRole('row').filter({ hasText: 'Grace Hopper' }).waitFor({ state: 'detached' })
  await slots
    .getByRole('row')
    .filter({ hasText: /^Passphrase/ })
    .getByRole('button')
    .click()
  await button('settings:slots.revoke').click()
  await dialog()
    .getByText(/last administrator/)
    .waitFor()
  await page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'detached' })
})

test('the vault is encrypted anew while one looks on, and a search does not stay in the address after the lock', async () => {
  const { page } = shell
  await page.getByRole('button', { name: person.t('settings:rekey.do') }).click()
  await dialog().locator('[name=passphrase]').fill(passphrase)
  await button('settings:rekey.do').click()
  await page.getByText(/^Done\. Encrypt the vault anew/).waitFor()
  await person.go('/worklist?q=Unmistakable', person.heading('worklist:title'))
  expect(page.url()).toContain('Unmistakable')
  await person.lock()
  expect(page.url()).not.toContain('Unmistakable')
})

test('guessing is slowed down, and the page says for how long; a recovery code lets its owner in again', async () => {
  const { page } = shell
  for (let i = 0; i < 3; i++) {
    await person.tryPassphrase('wrong horse')
    await page.getByRole('alert').first().waitFor()
  }
  await page.getByText(/next try is possible/).waitFor()
  expect(await person.button('unlock:unlock').isDisabled()).toBe(true)
  expect(await barriersOf(page)).toEqual([])
  await page.getByText(/next try is possible/).waitFor({ state: 'detached', timeout: 15_000 })
  await person.button('unlock:recover.use').click()
  await page.locator('[name=code]').fill(code.toLowerCase())
  await page.locator('[name=passphrase]').fill(next)
  await page.locator('[name=again]').fill(next)
  expect(await barriersOf(page)).toEqual([])
  await person.button('unlock:recover.do').click()
  await person.heading('worklist:title').waitFor()
  await person.lock()
  expect(await page.getByText(person.t('unlock:recover.use')).count()).toBe(0)
  await person.tryPassphrase(next)
  await person.heading('worklist:title').waitFor()
  // What was refused stands in the console by its status, and nothing else does.
  expect(shell.complaints.filter((each) => !/status of (403|409|423)/.test(each))).toEqual([])
})
