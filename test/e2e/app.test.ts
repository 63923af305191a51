import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { answerOf } from './command.ts'
import { barriersOf, type Hands, hands } from './flows.ts'
import { openInBrowser, openInElectron, type Shell, temporaryFolder, withoutElectron } from './shells.ts'

/** A newcomer's way through Bedside, in each shell. */

const missing = withoutElectron()
if (missing) console.log(`Skipped in Electron: ${missing}.`)

describe.each([
  { shell: 'browser', open: openInBrowser, skip: false },
  { shell: 'Electron', open: openInElectron, skip: missing !== null },
])('in $shell', ({ open, skip }) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let shell: Shell
  let person: Hands
  const vault = () => join(folder.path, 'vault')

  beforeAll(async () => {
    if (skip) return
    folder = await temporaryFolder()
    shell = await open({ vault: vault() })
    person = hands(shell.page)
  })
  // A test that failed while the vault was locked does not fail those after it.
  beforeEach(async () => {
    if (!skip && existsSync(vault())) await person.open()
  })
  afterAll(async () => {
    if (skip) return
    await shell?.close()
    await folder.remove()
  })

  test.skipIf(skip)('a newcomer creates the vault and loads the sample clinic', async () => {
    await person.createVault()
    expect(existsSync(vault())).toBe(true)
    await person.loadSamples()
    await person.settled()
    expect(await shell.page.getByRole('row').count()).toBeGreaterThan(10)
  })

  test.skipIf(skip)('models of diagnosis and of survival are trained while the app stays usable', async () => {
    for (const study of ['biopsy', 'pbc']) await person.train(study)
    await person.go('/models', shell.page.getByRole('heading', { name: person.t('models:list.title') }))
    await person.settled()
    const list = await shell.page.getByRole('main').innerText()
    expect(list).toContain('biopsy')
    expect(list).toContain('pbc')
  })

  test.skipIf(skip)(
    'a diagnosis is a number with its interval, in words, with its reasons and whether to believe it',
    async () => {
      await person.openPatient('biopsy')
      await person.openTab('diagnosis')
      const main = shell.page.getByRole('main')
      await main
        .getByText(/of 100 patients like this one have the diagnosis/i)
        .first()
        .waitFor()
      await person.heading('prediction:why.title').waitFor()
      await person.heading('prediction:similar.title').waitFor()
      await person.button('prediction:respond.accept').waitFor()
      expect(await main.locator('svg[role=img], figure svg').count()).toBeGreaterThan(1)
    },
  )

  test.skipIf(skip)('survival is a curve beside the cohort, with the risk in words', async () => {
    await person.openPatient('pbc')
    await person.openTab('survival')
    const main = shell.page.getByRole('main')
    await main
      .getByText(/of 100 patients like this one die within/i)
      .first()
      .waitFor()
    await person.heading('prediction:why.title').waitFor()
    expect(await main.innerText()).toMatch(/At risk|at risk/)
  })

  test.skipIf(skip)('published scores are computed from the patient’s own record', async () => {
    await person.openTab('advice')
    await person.heading('advice:scores.title').waitFor()
    expect(await shell.page.getByRole('main').innerText()).toMatch(/FIB-4|Mayo/)
  })

  test.skipIf(skip)('the doctor’s answer is kept and stands in the history', async () => {
    await person.openTab('survival')
    await person.button('prediction:respond.accept').click()
    await shell.page
      .getByRole('dialog')
      .getByRole('button', { name: person.t('prediction:respond.record') })
      .click()
    await shell.page.getByText(person.t('prediction:respond.answered.accepted')).first().waitFor()
    await person.openTab('history')
    await shell.page.getByText(person.t('chart:history.outcomes.accepted')).first().waitFor()
  })

  test.skipIf(skip)('a locked vault shows nothing, and a wrong passphrase opens nothing', async () => {
    await person.lock()
    // What was announced fades within a moment.
    await expect.poll(() => shell.page.locator('body').innerText()).not.toMatch(/pbc|biopsy/)
    await person.tryPassphrase('wrong horse')
    await shell.page
      .getByRole('alert')
      .getByText(/passphrase/i)
      .first()
      .waitFor()
    await person.unlock()
  })

  test.skipIf(skip)('from unlocking to a prediction with its reasons it is three clicks at most', async () => {
    // Unlocking leads to where one was: from the worklist, a row and a tab.
    await person.go('/worklist', shell.page.getByRole('grid'))
    await person.lock()
    await person.unlock()
    const row = shell.page.getByRole('row').nth(1)
    await row.waitFor()
    await person.settled()
    await row.click()
    await shell.page.getByRole('link', { name: person.t('chart:tabs.survival') }).click()
    await person
      .heading('prediction:why.title')
      .or(shell.page.getByText(person.t('prediction:choice.none')))
      .first()
      .waitFor()
  })

  test.skipIf(skip)('a file becomes a study; a row that cannot be read is named, not lost', async () => {
    const lines = Array.from(
      { length: 12 },
      (_, row) => `w${row + 1},${row === 4 ? 'old' : 40 + row},${row % 2 ? 'm' : 'f'},${(3 + row / 7).toFixed(2)}`,
    )
    writeFileSync(join(folder.path, 'ward.csv'), `id,age,sex,potassium\n${lines.join('\n')}\n`)
    await person.handOver(join(folder.path, 'ward.csv'), 'ward')
    await person.checkRows()
    await person.importRows()
    const said = await shell.page.getByRole('main').innerText()
    expect(said).toContain('ward.csv')
    expect(said).toMatch(/11/)
    expect(said).toMatch(/5\s+(line 6\s+)?age\s[\s\S]*old/)
    await person.go('/studies/ward', shell.page.getByRole('table'))
    await person.settled()
    expect(await shell.page.getByRole('main').innerText()).toContain('potassium')
  })

  test.skipIf(skip)('a table is sorted by a head, from the keyboard, and says how', async () => {
    await person.go('/studies', person.heading('studies:list.title'))
    const table = shell.page
      .getByRole('table')
      .filter({ has: shell.page.getByRole('columnheader', { name: person.t('studies:list.cases') }) })
    const head = table.getByRole('columnheader', { name: person.t('studies:list.cases') })
    const cases = async () =>
      (await table.locator('tbody tr td:nth-child(2)').allInnerTexts()).map((text) => Number(text.replaceAll(',', '')))
    for (const [way, sign] of [
      ['ascending', 1],
      ['descending', -1],
    ] as const) {
      await head.getByRole('button').press('Enter')
      expect(await head.getAttribute('aria-sort')).toBe(way)
      const shown = await cases()
      expect(shown.length).toBeGreaterThan(1)
      expect(shown).toEqual(shown.toSorted((a, b) => sign * (a - b)))
    }
  })

  test.skipIf(skip)('the whole app speaks Chinese when asked', async () => {
    await person.choose('language', /中文/)
    const chinese = hands(shell.page, 'zh-CN')
    await chinese.go('/worklist', chinese.heading('worklist:title'))
    expect(await shell.page.locator('html').getAttribute('lang')).toMatch(/^zh/)
    await chinese.openPatient('pbc')
    await chinese.openTab('survival')
    await chinese.heading('prediction:why.title').waitFor()
    await chinese.choose('language', /English/)
    await person.go('/worklist', person.heading('worklist:title'))
  })

  test.skipIf(skip)('every view can be used with a screen reader and weak eyes, light and dark', async () => {
    const views: [string, () => Promise<void>][] = [
      ['worklist', () => person.go('/worklist', person.heading('worklist:title'))],
      ['intake', () => person.go('/intake', person.heading('intake:title'))],
      ['studies', () => person.go('/studies', person.heading('studies:list.title'))],
      ['study', () => person.go('/studies/pbc', shell.page.getByRole('table'))],
      ['models', () => person.go('/models', person.heading('models:list.title'))],
      ['model', () => person.go('/models/1', shell.page.getByRole('table'))],
      ['train', () => person.go('/train?study=pbc', person.button('design:train.start'))],
      ['de-identified export', () => person.go('/studies/pbc/deidentify', person.heading('deidentify:title'))],
      ['audit', () => person.go('/audit', person.heading('audit:title'))],
      ['verification', () => person.go('/audit?tab=proof', person.heading('audit:verify.title'))],
      ['backups', () => person.go('/backups', person.heading('backups:title'))],
      ['settings', () => person.go('/settings', person.heading('settings:title'))],
      ['chart', () => person.openPatient('pbc')],
      ['survival', () => person.openTab('survival')],
      ['advice', () => person.openTab('advice')],
      ['history', () => person.openTab('history')],
      [
        'diagnosis',
        async () => {
          await person.openPatient('biopsy')
          await person.openTab('diagnosis')
        },
      ],
    ]
    const barriers: Record<string, string[]> = {}
    for (const theme of ['light', 'dark'] as const) {
      await person.choose('theme', person.t(`shell:themes.${theme}`))
      for (const [name, show] of views) {
        await show()
        await person.settled()
        const found = await barriersOf(shell.page)
        if (found.length > 0) barriers[`${name}, ${theme}`] = found
      }
    }
    await person.choose('theme', person.t('shell:themes.auto'))
    expect(barriers).toEqual({})
  })

  test.skipIf(skip)('nothing was refused by the browser, nothing went to a network, nothing broke', () => {
    // Opening an address that needs the vault while it is locked is answered 423; the browser logs that.
    expect(shell.complaints.filter((line) => !/status of (423|403)/.test(line))).toEqual([])
  })

  test.skipIf(skip)('what was done in the window is there for the command line', async () => {
    await shell.close()
    const studies = await answerOf(vault(), ['studies'])
    expect(studies.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(['biopsy', 'pbc']))
    shell = await open({ vault: vault(), colorScheme: 'dark', locale: 'zh-CN' })
    person = hands(shell.page, 'zh-CN')
    // A new browser speaks as the system does; the window remembers what was chosen in it.
    await person.heading('unlock:unlockTitle').or(hands(shell.page).heading('unlock:unlockTitle')).first().waitFor()
    expect(await barriersOf(shell.page)).toEqual([])
  })
})
