import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf, bedside } from './command.ts'
import { barriersOf, expectNoComplaints, hands } from './flows.ts'
import { openInBrowser, type Shell, temporaryFolder } from './shells.ts'

/** An additive model is read curve by curve, and one curve is changed into a new version with its reason on record. */

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let shell: Shell
const sample = join(import.meta.dirname, '../../resources/samples/pima.csv')

beforeAll(async () => {
  folder = await temporaryFolder()
  const run = async (words: string) =>
    expect((await bedside(folder.path, words.split(' '))).stderr).not.toContain('bedside:')
  await run('init --name Dr.Lin')
  await run(`import ${sample} --study pima`)
  const learner = '--learner additive --set bags=4 --set rounds=400 --folds 0'
  const trained = await answerOf(
    folder.path,
    `train --study pima --task diagnosis --target type --positive Yes ${learner}`.split(' '),
  )
  expect(trained.model).toBe(1)
  shell = await openInBrowser({ vault: folder.path })
})
afterAll(async () => {
  await shell?.close()
  await folder?.remove()
})

test('a curve that knows too much is made level: a new version, assessed, with the reason and the way back', async () => {
  const { page, complaints } = shell
  const person = hands(page)
  const { t, go, heading, button } = person
  await person.open()
  await go('/models/1', page.getByRole('tab', { name: t('models:tabs.curves') }))
  await page.getByRole('tab', { name: t('models:tabs.curves') }).click()
  await heading('models:curves.change').waitFor()
  for (const name of ['glu', 'bmi', 'age']) await page.getByRole('heading', { name, exact: true }).waitFor()
  expect(await page.getByRole('article').locator('svg').count()).toBeGreaterThan(6)
  expect(await barriersOf(page)).toEqual([])
  if (process.env.BEDSIDE_LOOK)
    await page.screenshot({ path: join(process.env.BEDSIDE_LOOK, 'curves.png'), fullPage: true })

  await page.getByLabel('Curve', { exact: true }).first().click()
  await page.getByRole('option', { name: 'skin', exact: true }).click()
  await expect.poll(() => button('models:curves.make').isDisabled()).toBe(true)
  await page.getByLabel(t('models:curves.reason')).fill('Measured with another calliper from 1988 on')
  await button('models:curves.make').click()
  const made = page
    .getByRole('link', { name: t('models:curves.open') })
    .or(button('models:curves.open'))
    .first()
  await made.waitFor({ timeout: 60_000 })
  await made.click()
  await page.getByRole('tab', { name: t('models:tabs.curves') }).click()
  await page.getByText('Measured with another calliper from 1988 on').waitFor()
  await page.getByRole('link', { name: t('models:curves.parent') }).waitFor()
  if (process.env.BEDSIDE_LOOK)
    await page.screenshot({ path: join(process.env.BEDSIDE_LOOK, 'edited.png'), fullPage: true })
  expectNoComplaints(complaints)
})

test('what each input is worth on unseen cases stands beside its importance', async () => {
  const { page } = shell
  const { t, go } = hands(page)
  const inputs = page.getByRole('tab', { name: t('models:tabs.inputs') })
  await go('/models/1', inputs)
  await inputs.click()
  await page.getByText(t('models:inputs.permutation'), { exact: true }).waitFor()
  expect(await page.getByText('±').count()).toBeGreaterThanOrEqual(7)
  if (process.env.BEDSIDE_LOOK)
    await page.screenshot({ path: join(process.env.BEDSIDE_LOOK, 'inputs.png'), fullPage: true })
})
