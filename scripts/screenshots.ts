import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Hands, hands } from '../test/e2e/flows.ts'
import { openInBrowser, type Shell } from '../test/e2e/shells.ts'
import type { Language } from '../test/e2e/words.ts'
import { build, isBuilt } from './build.ts'

/**
 * `npm run screenshots`: docs/screenshots/*.png of every view from the running app, on the bundled samples: light, dark
 * (`-dark`) and in Chinese (`-zh`). Names may be given to renew only some.
 */
const root = dirname(import.meta.dirname)
const target = join(root, 'docs', 'screenshots')
const wanted = process.argv.slice(2)

/** A view, and how a person comes to it. */
const views: [name: string, show: (person: Hands, shell: Shell) => Promise<void>][] = [
  ['worklist', (person) => person.go('/worklist', person.heading('worklist:title'))],
  [
    'search',
    async (person, { page }) => {
      await person.go('/worklist', person.heading('worklist:title'))
      await page.keyboard.press('Control+k')
      await page.getByRole('dialog').locator('input').fill('pbc 1')
      await page.getByRole('option').first().waitFor()
    },
  ],
  ['chart', (person) => person.openPatient('pbcseq')],
  [
    'diagnosis',
    async (person) => {
      await person.openPatient('biopsy')
      await person.openTab('diagnosis')
      await person.heading('prediction:why.title').waitFor()
    },
  ],
  [
    'survival',
    async (person) => {
      await person.openPatient('pbc')
      await person.openTab('survival')
      await person.heading('prediction:why.title').waitFor()
    },
  ],
  ['advice', (person) => person.openTab('advice')],
  ['history', (person) => person.openTab('history')],
  ['intake-file', (person) => person.go('/intake', person.heading('intake:title'))],
  ['intake-columns', (person) => person.handOver(ward, 'ward')],
  ['intake-check', (person) => person.checkRows()],
  ['studies', (person) => person.go('/studies', person.heading('studies:list.title'))],
  ['study', (person, { page }) => person.go('/studies/pbc', page.getByRole('table'))],
  [
    'deidentify',
    async (person) => {
      await person.go('/studies/pbc/deidentify', person.heading('deidentify:title'))
      await person.button('deidentify:report.show').click()
      await person.heading('deidentify:report.title').waitFor()
    },
  ],
  ['train', (person) => person.go('/train?study=pbc', person.button('design:train.start'))],
  ['model', (person, { page }) => person.go('/models/3', page.getByRole('table'))],
  ['audit', (person) => person.go('/audit', person.heading('audit:title'))],
  [
    'verification',
    async (person, { page }) => {
      await person.go('/audit?tab=proof', person.heading('audit:verify.title'))
      await person.button('audit:verify.do').click()
      await page.getByText(person.t('audit:verify.intact')).waitFor()
    },
  ],
  [
    'backups',
    async (person, { page }) => {
      await person.go('/backups', person.heading('backups:title'))
      await page.locator('[name=listed]').fill(backups)
      await person.button('backups:list.show').click()
      await page.getByRole('table').waitFor()
    },
  ],
  ['settings', (person) => person.go('/settings', person.heading('settings:title'))],
]

/** A file with a row that cannot be read, for the intake views. */
const writeWard = async (folder: string): Promise<string> => {
  const rows = Array.from({ length: 40 }, (_, row) => {
    const date = `2024-03-${String(1 + (row % 28)).padStart(2, '0')}`
    const age = row === 16 ? 'sixty' : String(41 + ((row * 7) % 43))
    return `W${1001 + row},${date},${age},${row % 3 ? 'f' : 'm'},${(3.4 + ((row * 13) % 17) / 10).toFixed(1)},${60 + ((row * 29) % 90)}`
  })
  const path = join(folder, 'ward-7.csv')
  await writeFile(path, `case,admitted,age,sex,potassium,creatinine\n${rows.join('\n')}\n`)
  return path
}

const shoot = async (shell: Shell, name: string) => {
  if (wanted.length > 0 && !wanted.includes(name.replace(/-(dark|zh)$/, ''))) return
  await shell.page.mouse.move(0, 0)
  await shell.page.screenshot({ path: join(target, `${name}.png`), animations: 'disabled', caret: 'hide' })
  console.log(`docs/screenshots/${name}.png`)
}

/** Notices come and go; they belong to no view. */
const dismissNotices = async ({ page }: Shell) => {
  const notice = page.locator('.mantine-Notification-root button')
  while ((await notice.count()) > 0) {
    await notice.first().click()
    await page.waitForTimeout(400)
  }
}

const shootAll = async (shell: Shell, language: Language, suffix: string) => {
  const person = hands(shell.page, language)
  for (const [name, show] of views) {
    await dismissNotices(shell)
    await show(person, shell)
    await person.settled()
    await shoot(shell, name + suffix)
    await shell.page.keyboard.press('Escape')
  }
}

const folder = await mkdtemp(join(tmpdir(), 'bedside-screenshots-'))
const ward = await writeWard(folder)
const backups = join(folder, 'backups')
await mkdir(target, { recursive: true })
await mkdir(backups)
if (!isBuilt()) await build()
const shell = await openInBrowser({ vault: join(folder, 'vault') })
try {
  const english = hands(shell.page)
  await english.heading('unlock:createTitle').waitFor()
  await shoot(shell, 'first-run')
  await english.createVault()
  await shoot(shell, 'empty')
  await english.loadSamples()
  // Its models are trained while one looks around.
  shell.page.setDefaultTimeout(120_000)
  await english.go('/models/7', shell.page.getByRole('table'))
  await english.go('/backups', english.heading('backups:title'))
  await shell.page.locator('[name=folder]').fill(backups)
  await english.button('backups:make.do').click()
  await shell.page.getByText(english.t('backups:make.made')).waitFor()
  await shootAll(shell, 'en', '')
  await english.choose('theme', english.t('shell:themes.dark'))
  await shootAll(shell, 'en', '-dark')
  await english.lock()
  await shoot(shell, 'unlock-dark')
  await english.unlock()
  await english.choose('theme', english.t('shell:themes.light'))
  await english.lock()
  await shoot(shell, 'unlock')
  await english.unlock()
  await english.choose('language', /中文/)
  await shootAll(shell, 'zh-CN', '-zh')
  await hands(shell.page, 'zh-CN').lock()
  await shoot(shell, 'unlock-zh')
  if (shell.complaints.length > 0) console.error(shell.complaints.join('\n'))
} finally {
  await shell.close()
  await rm(folder, { recursive: true, force: true })
}
