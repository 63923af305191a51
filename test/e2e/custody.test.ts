import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerOf, passphrase } from './command.ts'
import { barriersOf, type Hands, hands } from './flows.ts'
import { openInBrowser, openInElectron, type Shell, temporaryFolder, withoutElectron } from './shells.ts'

/** What an auditor asks of a vault, and what an administrator does lest anything is lost, in each shell. */

const sample = join(dirname(dirname(import.meta.dirname)), 'resources', 'samples', 'pbc.csv')
const missing = withoutElectron()
if (missing) console.log(`Skipped in Electron: ${missing}.`)

/** The files of a ZIP archive, by the directory at its end. */
const unzipped = (bytes: Buffer): Record<string, string> => {
  const files: Record<string, string> = {}
  let entry = bytes.readUInt32LE(bytes.length - 6)
  while (bytes.readUInt32LE(entry) === 0x02014b50) {
    const length = bytes.readUInt16LE(entry + 28)
    const local = bytes.readUInt32LE(entry + 42)
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const packed = bytes.subarray(start, start + bytes.readUInt32LE(entry + 20))
    files[bytes.toString('utf8', entry + 46, entry + 46 + length)] = inflateRawSync(packed).toString('utf8')
    entry += 46 + length
  }
  return files
}

if (!missing)
  console.log('Skipped in Electron: saving to a file, for the dialog of the system cannot be answered by a test.')

describe.each([
  { shell: 'browser', open: openInBrowser, skip: false, downloads: true },
  // There a file is saved by a dialog of the system, which no test can answer.
  { shell: 'Electron', open: openInElectron, skip: missing !== null, downloads: false },
])('in $shell', ({ open, skip, downloads }) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let shell: Shell
  let person: Hands
  const at = (name: string) => join(folder.path, name)
  const main = () => shell.page.getByRole('main')
  const said = (key: string) => main().getByText(person.t(key)).first()
  const begin = async (vault: string) => {
    shell = await open({ vault })
    person = hands(shell.page)
  }

  beforeAll(async () => {
    if (skip) return
    folder = await temporaryFolder()
    await answerOf(at('vault'), ['init', '--name', 'Dr. Lin'])
    await answerOf(at('vault'), ['import', sample, '--study', 'pbc'])
    mkdirSync(at('backups'))
    await begin(at('vault'))
    await person.open()
  })
  afterAll(async () => {
    if (skip) return
    await shell?.close()
    await folder.remove()
  })

  test.skipIf(skip)('an auditor finds who has seen a record, and what they ask for stands in the address', async () => {
    const { page } = shell
    await person.openPatient('pbc')
    const patient = /patients\/(\d+)/.exec(page.url())?.[1]
    await page.getByRole('link', { name: person.t('chart:whoSaw') }).click()
    await person.heading('audit:title').waitFor()
    await person.settled()
    expect(decodeURIComponent(page.url())).toContain(`record=patient/${patient}`)
    const rows = main().locator('tbody tr')
    expect(await rows.count()).toBe(1)
    expect(await rows.first().innerText()).toMatch(/Dr\. Lin[\s\S]*patient\.read/)
    await person.button('audit:filter.reset').click()
    await main().getByRole('row').filter({ hasText: 'batch.import' }).first().waitFor()

    await main()
      .getByRole('combobox', { name: person.t('audit:columns.outcome') })
      .or(main().getByRole('textbox', { name: person.t('audit:columns.outcome') }))
      .first()
      .click()
    await page.getByRole('option', { name: person.t('audit:outcomes.refused') }).click()
    await said('audit:noneFit').waitFor()
    expect(page.url()).toContain('outcome=refused')
    await page.goBack()
    await main().getByRole('row').filter({ hasText: 'batch.import' }).first().waitFor()
    expect(await barriersOf(page)).toEqual([])
  })

  test.skipIf(skip || !downloads)('the log that is exported is the one that the command line exports', async () => {
    const { page } = shell
    await person.go('/audit?act=batch.import', person.heading('audit:title'))
    await person.button('audit:export.do').click()
    const download = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: person.t('audit:export.jsonl') }).click()
    const path = await (await download).path()
    const lines = readFileSync(path, 'utf8').trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { act: 'batch.import', name: 'Dr. Lin', outcome: 'done', hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ])
  })

  test.skipIf(skip || !downloads)('a checkpoint is taken along, and the log is held against it', async () => {
    const { page } = shell
    await person.go('/audit?tab=proof', person.heading('audit:verify.title'))
    await person.button('audit:checkpoints.make').click()
    const download = page.waitForEvent('download')
    await person.button('audit:checkpoints.saveIt').first().click()
    await (await download).saveAs(at('checkpoint.json'))
    expect(JSON.parse(readFileSync(at('checkpoint.json'), 'utf8'))).toMatchObject({
      format: 'bedside-audit-checkpoint',
      reason: 'asked',
    })
    const chooser = page.waitForEvent('filechooser')
    await person.button('audit:verify.choose').click()
    await (await chooser).setFiles(at('checkpoint.json'))
    await main()
      .getByText(/checkpoint.json: checkpoint/)
      .waitFor()
    await person.button('audit:verify.do').click()
    await said('audit:verify.intact').waitFor()
    expect(await main().innerText()).toMatch(/1 from your file/)
    expect(await barriersOf(page)).toEqual([])

    writeFileSync(at('letter.json'), '{"dear": "auditor"}')
    const second = page.waitForEvent('filechooser')
    await person.button('audit:verify.choose').click()
    await (await second).setFiles(at('letter.json'))
    await main()
      .getByText(/letter\.json is no checkpoint/)
      .waitFor()
    expect(await person.button('audit:verify.do').isDisabled()).toBe(true)
  })

  test.skipIf(skip)(
    'a backup is made, listed and checked; a damaged one is refused by the name of its part',
    async () => {
      const { page } = shell
      await person.go('/backups', person.heading('backups:title'))
      await said('backups:standing.none').waitFor()
      await page.locator('[name=folder]').fill('backups')
      await person.button('backups:make.do').click()
      await page.getByText(/is not a whole path;/).waitFor()
      await page.locator('[name=folder]').fill(at('backups'))
      await person.button('backups:make.do').click()
      await said('backups:make.made').waitFor()
      expect(readdirSync(at('backups'))).toHaveLength(1)

      await page.locator('[name=scheduled]').fill(at('backups'))
      await main()
        .getByRole('combobox', { name: person.t('backups:schedule.every') })
        .or(main().getByRole('textbox', { name: person.t('backups:schedule.every') }))
        .first()
        .click()
      await page.getByRole('option', { name: 'Every 24 hours' }).click()
      await person.button('backups:schedule.save').click()
      await page.getByText(/The next is due/).waitFor()
      const check = page.getByRole('button', { name: /^Check every byte/ })
      await check.click()
      await said('backups:list.whole').waitFor()
      expect(await barriersOf(page)).toEqual([])

      const database = join(at('backups'), readdirSync(at('backups'))[0] ?? '', 'database.bedside')
      copyFileSync(database, at('database.whole'))
      const bytes = readFileSync(database)
      bytes[bytes.length >> 1] ^= 1
      writeFileSync(database, bytes)
      await check.click()
      await main()
        .getByText(/its database\.bedside is not what was written/)
        .waitFor()
      // The list goes by the manifest; what the check has found stands above it, and is not restored.
      expect(await page.getByRole('button', { name: /^Restore the backup/ }).isDisabled()).toBe(true)
      copyFileSync(at('database.whole'), database)
      await check.click()
      await said('backups:list.whole').waitFor()
    },
  )

  test.skipIf(skip)('a backup is restored beside the vault, table by table the same', async () => {
    const { page } = shell
    await page.getByRole('button', { name: /^Restore the backup/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('[name=into]').fill(at('beside'))
    await dialog.locator('[name=passphrase]').fill('wrong horse')
    await dialog.getByRole('button', { name: person.t('backups:restore.do') }).click()
    await dialog.getByText(/passphrase is wrong/).waitFor()
    expect(existsSync(at('beside'))).toBe(false)
    await dialog.locator('[name=passphrase]').fill(passphrase)
    await dialog.getByRole('button', { name: person.t('backups:restore.do') }).click()
    await dialog.getByText(person.t('backups:restored.title')).waitFor()
    const rows = await dialog.locator('tbody tr').allInnerTexts()
    expect(rows.find((row) => row.startsWith('patient\t'))).toMatch(/418\s+same/)
    expect(rows.filter((row) => !/same$/.test(row))).toEqual([])
    expect(await barriersOf(page)).toEqual([])
    await dialog
      .getByRole('button', { name: person.t('shell:close') })
      .last()
      .click()
    expect(await answerOf(at('beside'), ['studies'])).toMatchObject([{ name: 'pbc', cases: 418 }])
  })

  test.skipIf(skip)('cases leave without whom they are of, after it was said how safe that is', async () => {
    const { page } = shell
    await person.go('/studies/pbc', page.getByRole('table'))
    await person.button('deidentify:link').click()
    await person.heading('deidentify:title').waitFor()
    await person.button('deidentify:report.show').click()
    await person.heading('deidentify:report.title').waitFor()
    expect(await main().innerText()).toMatch(/of 418 patients are alone in a class/)
    const write = person.button('deidentify:write.do')
    expect(await write.isDisabled()).toBe(true)
    expect(await barriersOf(page)).toEqual([])

    await main().getByLabel(person.t('deidentify:minimum.label')).fill('5')
    await main()
      .getByRole('checkbox', { name: /^Leave out copper/ })
      .check()
    await said('deidentify:report.stale').waitFor()
    await main().locator('[name=exportKey]').fill('registry')
    await person.button('deidentify:key.make').click()
    await said('deidentify:report.stale').waitFor({ state: 'detached' })
    await main()
      .getByText(/patients? and \d+ cases are left out/)
      .waitFor()
    expect(await main().innerText()).toMatch(/each looks like at least [5-9] patients/)
    await main()
      .getByRole('checkbox', { name: person.t('deidentify:write.understood') })
      .check()
    if (!downloads) return
    const download = page.waitForEvent('download')
    await write.click()
    await (await download).saveAs(at('pbc.zip'))
    const files = unzipped(readFileSync(at('pbc.zip')))
    expect(Object.keys(files)).toEqual(['cases.csv', 'report.json'])
    const report = JSON.parse(files['report.json'] ?? '')
    expect(report).toMatchObject({ key: 'registry', after: { smallest: expect.any(Number) } })
    const [header = '', ...lines] = (files['cases.csv'] ?? '').trim().split('\r\n')
    expect(header.split(',')).not.toContain('copper')
    expect(header.split(',')).not.toContain('id')
    expect(lines).toHaveLength(report.after.cases)
  })

  test.skipIf(skip)('where there is no vault yet, one is restored from a backup', async () => {
    await shell.close()
    await begin(at('replaced'))
    const { page } = shell
    await person.heading('unlock:createTitle').waitFor()
    await person.button('backups:first.offer').click()
    await person.heading('backups:first.title').waitFor()
    expect(await barriersOf(page)).toEqual([])
    await page.locator('[name=backup]').fill(join(at('backups'), readdirSync(at('backups'))[0] ?? ''))
    await page.locator('[name=passphrase]').fill(passphrase)
    await person.button('backups:restore.do').click()
    await page.getByText(person.t('backups:restored.title')).waitFor()
    await person.button('backups:restored.unlock').click()
    await person.unlock()
    await person.go('/studies/pbc', page.getByRole('table'))
  })

  test.skipIf(skip)('an auditor sees the report of an export, and no patient', async () => {
    await shell.close()
    process.env.BEDSIDE_NEW_PASSPHRASE = 'seven lanterns over quiet water'
    await answerOf(at('vault'), ['users', 'add', '--login', 'grace', '--name', 'Grace Hopper', '--role', 'auditor'])
    await begin(at('vault'))
    const { page } = shell
    await person.heading('unlock:unlockTitle').waitFor()
    await page.locator('[name=user]').fill('grace')
    await page.keyboard.press('Escape')
    await person.tryPassphrase(process.env.BEDSIDE_NEW_PASSPHRASE)
    await person.heading('audit:title').waitFor()
    await person.settled()
    expect(
      await main()
        .getByRole('button', { name: /^Open patient/ })
        .count(),
    ).toBe(0)
    await person.go('/studies', person.heading('studies:list.title'))
    await page.getByRole('link', { name: person.t('deidentify:link') }).click()
    await person.button('deidentify:report.show').click()
    await person.heading('deidentify:report.title').waitFor()
    await said('deidentify:write.administrators').waitFor()
    expect(await person.button('deidentify:write.do').count()).toBe(0)
    expect(await barriersOf(page)).toEqual([])
    await person.lock()
  })

  test.skipIf(skip)('an older copy put in the place of the vault is told to whoever looks at the log', async () => {
    await shell.close()
    copyFileSync(join(at('vault'), 'bedside.db'), at('older.db'))
    await answerOf(at('vault'), ['studies'])
    copyFileSync(at('older.db'), join(at('vault'), 'bedside.db'))
    await begin(at('vault'))
    const { page } = shell
    await person.heading('unlock:unlockTitle').waitFor()
    await page.locator('[name=user]').fill('')
    await page.keyboard.press('Escape')
    await person.unlock()
    await person.go('/audit', person.heading('audit:title'))
    await main().getByText(person.t('audit:alarm.title')).waitFor()
    await page.getByRole('link', { name: person.t('audit:alarm.verify') }).click()
    await person.button('audit:verify.do').click()
    await main()
      .getByText(/^The log is not whole/)
      .waitFor()
    const found = main().getByRole('row').filter({ hasText: 'Older copy' })
    expect(await found.first().innerText()).toMatch(/signed|older/i)
    expect(await barriersOf(page)).toEqual([])
  })

  test.skipIf(skip)('nothing was refused by the browser, nothing went to a network, nothing broke', () => {
    expect(shell.complaints.filter((line) => !/status of (4\d\d|507)/.test(line))).toEqual([])
  })
})
