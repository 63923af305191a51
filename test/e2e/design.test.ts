import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf } from './command.ts'
import { barriersOf, type Hands, hands } from './flows.ts'
import { openInBrowser, type Shell, temporaryFolder } from './shells.ts'

/** A data scientist's way through the train form: what a design can ask for is asked for in the window. */

const sample = join(dirname(dirname(import.meta.dirname)), 'resources', 'samples', 'pbc.csv')
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let shell: Shell
let person: Hands

beforeAll(async () => {
  folder = await temporaryFolder()
  const vault = join(folder.path, 'vault')
  await answerOf(vault, ['init', '--name', 'Dr. Lin'])
  await answerOf(vault, ['import', sample, '--study', 'pbc'])
  shell = await openInBrowser({ vault })
  person = hands(shell.page)
  await person.open()
  await toForm()
})
afterAll(async () => {
  await shell?.close()
  await folder.remove()
})

const main = () => shell.page.getByRole('main')
const toForm = async () => {
  await person.go('/worklist', person.heading('worklist:title'))
  await person.go('/train?study=pbc', person.button('design:train.start'))
  await person.settled()
}
const unfold = async (key: string) => {
  const fold = main()
    .locator('summary')
    .filter({ hasText: new RegExp(person.t(key).source.slice(1)) })
  await fold.click()
}
const field = (name: RegExp | string) =>
  main().getByRole('combobox', { name }).or(main().getByRole('textbox', { name })).first()
const choose = async (name: RegExp | string, option: RegExp | string) => {
  await field(name).click()
  await shell.page.getByRole('option', { name: option }).first().click()
}

test('half a condition is not trained with; a whole one leaves cases out and is counted', async () => {
  await unfold('design:eligible.title')
  await person.button('design:eligible.add').click()
  await person.button('design:train.start').click()
  await main().getByText(person.t('design:train.faults.filters')).first().waitFor()
  await choose(/^Condition 1: column/, /^age/)
  await choose(/^Condition 1: comparison/, /^at least/)
  await main()
    .getByRole('textbox', { name: /^Condition 1: value/ })
    .fill('40')
  await main().getByText(person.t('design:train.faults.filters')).first().waitFor({ state: 'detached' })
})

test('competing events, a bent effect and preparation go into the model, and every part of the form can be read aloud', async () => {
  const { page } = shell
  await unfold('design:outcome.more')
  await main().getByText('1 (25)').last().click()
  await main().getByRole('radio', { name: 'Fine-Gray regression' }).click()
  await unfold('design:terms.title')
  await person.button('design:terms.addSpline').click()
  await choose(/^Bent effect 1: column/, /^bili/)
  await unfold('design:prepare.title')
  await main()
    .getByRole('spinbutton', { name: person.t('design:prepare.winsorise') })
    .or(main().getByRole('textbox', { name: person.t('design:prepare.winsorise') }))
    .first()
    .fill('1')
  await unfold('design:tuning.title')
  expect(await barriersOf(page)).toEqual([])
  await person.button('design:train.start').click()
  await page.getByRole('button', { name: person.t('design:train.open') }).click({ timeout: 60_000 })
  await page.getByRole('tab', { name: person.t('models:tabs.making') }).click()
  const said = await main().innerText()
  expect(said).toMatch(/age >= 40/)
  const design = JSON.parse(await page.getByRole('region', { name: person.t('models:making.design') }).innerText())
  expect(design).toMatchObject({
    learner: 'fineGray',
    filters: [{ column: 'age', op: '>=', value: 40 }],
    outcome: { competing: { values: ['1'] } },
    terms: { splines: [{ column: 'bili', knots: 4 }] },
    preparation: { winsorise: 0.01 },
  })
})

test('a column that gives the answer away is named before anything is trained, and left out by one click', async () => {
  const { page } = shell
  const rows = Array.from({ length: 240 }, (_, row) => {
    const ill = (row * 7919) % 13 < 5
    return `w${row},${30 + ((row * 37) % 50)},${((row * 61) % 97) / 10},${ill ? 9 + (row % 3) : row % 4},${ill ? 'yes' : 'no'}`
  })
  const path = join(folder.path, 'ward.csv')
  writeFileSync(path, `id,age,albumin,ordered,diagnosis\n${rows.join('\n')}\n`)
  await person.handOver(path, 'ward')
  await person.checkRows()
  await person.importRows()
  await person.go('/train?study=ward', person.button('design:train.start'))
  await person.settled()
  if (!(await field(person.t('design:train.target')).inputValue()))
    await choose(person.t('design:train.target'), /^diagnosis/)
  await person.button('models:checks.do').click()
  await main()
    .getByText(/^ordered alone tells the outcomes apart/)
    .waitFor()
  expect(await barriersOf(page)).toEqual([])
  await main().getByRole('button', { name: 'Leave out ordered' }).click()
  await main().getByText(person.t('models:checks.stale')).waitFor()
  expect(
    await main()
      .getByRole('checkbox', { name: /^ordered/ })
      .isChecked(),
  ).toBe(false)
  await person.button('models:checks.again').click()
  await main().getByText(person.t('models:checks.noLeaks')).waitFor()
})

test('a small cohort gets a second opinion from another implementation', async () => {
  const { page } = shell
  await person.button('design:train.start').click()
  await page.getByRole('button', { name: person.t('design:train.open') }).click({ timeout: 60_000 })
  await person.heading('models:second.title').waitFor()
  expect(await main().innerText()).toMatch(/ml-random-forest, another implementation/)
  expect(await barriersOf(page)).toEqual([])
})

test('nothing was refused by the browser and nothing broke', () => {
  expect(shell.complaints).toEqual([])
})
