import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Hands, hands } from './flows.ts'
import { openInBrowser, type Shell, temporaryFolder } from './shells.ts'

/**
 * Every view in Chinese, with warnings, rejected rows, history and failures in them: none holds an English sentence.
 * Three Latin words in a row count as one, unless they are of the list below.
 */

/** What stays Latin in Chinese, and why. */
const allowed: readonly [pattern: RegExp, why: string][] = [
  [/^(English|Latin|Safe Harbor)/i, 'names of languages and of the method of HIPAA, as written in law'],
  [/FHIR|LOINC|UCUM|SNOMED|ICD|HL7|CSV|JSON|NDJSON/, 'standards'],
  [/Argon2id|AES|SHA|Ed25519|SQLite|GNOME|KWallet/, 'methods of cryptography and names of systems'],
  [
    /TreeSHAP|Brier|Harrell|Kaplan|Meier|Cox|Fine|Gray|Shapley|Breslow|Efron|DeLong|Youden/,
    'methods named after people',
  ],
  [/bedside\s+\w+/, 'commands of the shell'],
  [/^[dMy]+( [dMy]+)+$/, 'forms of dates, as a mapping writes them'],
]

/** Texts of the page that are user data, code or citations: their elements. */
const data = 'code, pre, cite, kbd, q, [lang="en"], [translate="no"], input, textarea'

/** Runs in the page: every text node and every text of an attribute, and in them three Latin words in a row. */
const collect = `(() => {
  const skipped = ${JSON.stringify(data)}
  const three = /[A-Za-z][A-Za-z’'-]*(?:[ ,;:]+[A-Za-z][A-Za-z’'-]+){2,}/g
  const texts = []
  const visit = (node) => {
    if (node.matches(skipped) || node.matches('script, style, noscript')) return
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description'])
      texts.push(node.getAttribute(name) ?? '')
    for (const child of node.childNodes) {
      if (child.nodeType === 3) texts.push(child.textContent ?? '')
      else if (child.nodeType === 1) visit(child)
    }
  }
  visit(document.body)
  return texts.flatMap((text) => text.match(three) ?? [])
})()`

const latinIn = (page: Page): Promise<string[]> => page.evaluate(collect)

const sentencesIn = async (page: Page): Promise<string[]> =>
  [...new Set(await latinIn(page))].filter((text) => !allowed.some(([pattern]) => pattern.test(text)))

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let shell: Shell
let person: Hands
const found: Record<string, string[]> = {}
const look = async (view: string) => {
  await person.settled()
  const sentences = await sentencesIn(shell.page)
  if (sentences.length > 0) found[view] = sentences
}

beforeAll(async () => {
  folder = await temporaryFolder()
  shell = await openInBrowser({ vault: join(folder.path, 'vault'), locale: 'zh-CN' })
  person = hands(shell.page, 'zh-CN')
})
afterAll(async () => {
  await shell?.close()
  await folder.remove()
})

/** Rows that are rejected for different reasons, and a header that gives warnings. */
const writeWard = async (): Promise<string> => {
  const rows = Array.from({ length: 40 }, (_, row) => {
    const age = row === 16 ? 'sixty' : row === 20 ? '400' : String(41 + ((row * 7) % 43))
    const date = row === 21 ? '2024-13-45' : `2024-03-${String(1 + (row % 28)).padStart(2, '0')}`
    return `W${1001 + row},${date},${age},${row % 3 ? 'f' : 'm'},${(3.4 + ((row * 13) % 17) / 10).toFixed(1)}`
  })
  rows.push('W1001,2024-03-01', rows[3] as string, '"W9,2024-03-01,5,f,4')
  const path = join(folder.path, 'ward-7.csv')
  await writeFile(path, `case,admitted,age,sex,potassium,\n${rows.map((row) => `${row},`).join('\n')}\n`)
  return path
}

test('the check sees an English sentence, and lets names and units be', async () => {
  const page = shell.page
  await person.heading('unlock:createTitle').waitFor()
  await page.evaluate(
    `document.body.insertAdjacentHTML('beforeend', '<p id="planted">方法：this is English prose</p>')`,
  )
  expect(await sentencesIn(page)).toContain('this is English prose')
  await page.evaluate(`document.getElementById('planted').remove()`)
})

test('no view speaks English to who reads Chinese', async () => {
  const { page } = shell
  page.setDefaultTimeout(120_000)
  await look('create')
  await person.createVault('林医生')
  await look('empty')
  await person.loadSamples()
  await look('worklist')
  for (const study of ['biopsy', 'pbc', 'pbcseq']) {
    await person.openPatient(study)
    await look(`chart of ${study}`)
  }
  await person.openPatient('biopsy')
  await person.openTab('diagnosis')
  await person.heading('prediction:why.title').waitFor()
  await look('diagnosis')
  await person.openTab('history')
  await look('history of a diagnosis')
  await person.openPatient('pbc')
  await person.openTab('survival')
  await person.heading('prediction:why.title').waitFor()
  await look('survival')
  await person.openTab('advice')
  await look('advice')
  await person.openTab('history')
  await page.getByRole('main').getByRole('listitem').first().waitFor()
  await look('history')
  await person.go('/intake', person.heading('intake:title'))
  await look('intake')
  await person.handOver(await writeWard(), 'ward')
  await page.getByText(person.t('intake:warnings')).first().waitFor()
  await look('columns')
  await person.checkRows()
  await page.getByText('sixty').first().waitFor()
  await look('check')
  await person.importRows()
  await look('imported')
  await person.go('/studies', person.heading('studies:list.title'))
  await look('studies')
  await person.go('/studies/pbc', page.getByRole('table'))
  await look('study')
  await person.go('/studies/pbc/deidentify', person.heading('deidentify:title'))
  await person.button('deidentify:report.show').click()
  await person.heading('deidentify:report.title').waitFor()
  await look('deidentify')
  for (const study of ['pbc', 'biopsy']) {
    await person.go(`/train?study=${study}`, person.button('design:train.start'))
    await look(`train on ${study}`)
    await person.button('models:checks.do').click()
    await page.getByText(person.t('models:checks.size')).first().waitFor()
    await look(`checks of a design on ${study}`)
  }
  // A training that cannot work: what it says is in the notice and in the list of jobs.
  await person.go('/train?study=ward', person.button('design:train.start'))
  await look('train on a study without an outcome')
  await person.go('/models', person.heading('models:list.title'))
  await look('models')
  for (let model = 1; model <= 7; model++) {
    await person.go(`/models/${model}`, page.getByRole('tab'))
    const tabs = page.getByRole('main').getByRole('tab')
    for (let at = 0; at < (await tabs.count()); at++) {
      await tabs.nth(at).click()
      await look(`model ${model}, ${await tabs.nth(at).innerText()}`)
    }
  }
  await person.go('/audit', person.heading('audit:title'))
  await look('audit')
  await person.go('/audit?tab=proof', person.heading('audit:verify.title'))
  await person.button('audit:verify.do').click()
  await page.getByText(person.t('audit:verify.intact')).waitFor()
  await look('proof')
  const backups = join(folder.path, 'backups')
  await mkdir(backups)
  await person.go('/backups', person.heading('backups:title'))
  await page.locator('[name=folder]').fill(join(folder.path, 'not-there'))
  await person.button('backups:make.do').click()
  await page.getByRole('alert').first().waitFor()
  await look('a backup that failed')
  await person.go('/settings', person.heading('settings:title'))
  await look('settings')
  await person.go('/models/999', page.getByRole('main'))
  await look('a model that is not there')
  await person.go('/nowhere', page.getByRole('main'))
  await look('a place that is not there')
  await person.lock()
  await person.tryPassphrase('not the passphrase at all')
  await page.getByRole('alert').first().waitFor()
  await look('a wrong passphrase')
  expect(found).toEqual({})
})
