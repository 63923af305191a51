import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { passphrase } from './command.ts'
import { type Language, words } from './words.ts'

const axe = createRequire(import.meta.url).resolve('axe-core')

/** What a person does in Bedside, step by step; each step ends when what they wait for is there. */
export const hands = (page: Page, language: Language = 'en') => {
  const t = words(language)
  const button = (key: string) => page.getByRole('button', { name: t(key) })
  const heading = (key: string) => page.getByRole('heading', { name: t(key) })
  const go = async (address: string, there: Locator) => {
    await page.evaluate(`location.hash = ${JSON.stringify(address)}`)
    await there.first().waitFor()
  }
  const settled = async () => {
    // Skeletons are gone and no text is still being asked for.
    await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' })
    await page.waitForTimeout(150)
  }
  return {
    t,
    button,
    heading,
    go,
    settled,

    async createVault(name = 'Dr. Lin') {
      await heading('unlock:createTitle').waitFor()
      await page.locator('[name=displayName]').fill(name)
      await page.locator('[name=passphrase]').fill(passphrase)
      await page.locator('[name=again]').fill(passphrase)
      await page.locator('[name=understood]').check()
      await button('unlock:create').click()
      await heading('worklist:title').waitFor()
    },
    async loadSamples() {
      await button('worklist:empty.load').click()
      await page.getByRole('grid').waitFor({ timeout: 150_000 })
    },
    async lock() {
      await button('shell:lock').first().click()
      await heading('unlock:unlockTitle').waitFor()
    },
    async tryPassphrase(secret: string) {
      await heading('unlock:unlockTitle').waitFor()
      await page.getByLabel(t('unlock:passphrase')).first().fill(secret)
      await button('unlock:unlock').click()
    },
    async unlock() {
      await this.tryPassphrase(passphrase)
      await button('shell:lock').first().waitFor()
    },
    /** Unlocks where the vault is locked. */
    async open() {
      const locked = heading('unlock:unlockTitle')
      await locked.or(button('shell:lock')).first().waitFor()
      if (await locked.isVisible()) await this.unlock()
    },
    /** The first patient of a study, from the worklist. */
    async openPatient(study: string) {
      await go(`/worklist?study=${study}`, page.getByRole('grid'))
      await page.getByRole('row').filter({ hasText: study }).first().click()
      await page.getByRole('link', { name: t('chart:tabs.diagnosis') }).waitFor()
      await settled()
    },
    async openTab(tab: 'chart' | 'diagnosis' | 'survival' | 'advice' | 'history') {
      await page.getByRole('link', { name: t(`chart:tabs.${tab}`), exact: true }).click()
      await settled()
    },
    async train(study: string) {
      await go(`/train?study=${study}`, button('design:train.start'))
      await button('design:train.start').click()
      await page
        .getByRole('link', { name: t('design:train.open') })
        .or(button('design:train.open'))
        .first()
        // Behind what the sample clinic still trains.
        .waitFor({ timeout: 120_000 })
    },
    /** Hands a file to the intake wizard, up to the step that shows what each column means. */
    async handOver(path: string, study: string) {
      await go('/intake', heading('intake:title'))
      await page.locator('input[type=file]').setInputFiles(path)
      await button('intake:checkRows').waitFor()
      // The field itself, not a heading or a hint that also speaks of the study.
      await page.getByLabel(t('intake:study')).and(page.locator('input')).first().fill(study)
      await page.keyboard.press('Escape')
    },
    async checkRows() {
      await button('intake:checkRows').click()
      await button('intake:importRows_other').waitFor()
    },
    async importRows() {
      await button('intake:importRows_other').click()
      await button('intake:result.toStudy').waitFor()
      await settled()
    },
    async choose(menu: 'language' | 'theme', item: string | RegExp) {
      await button(`shell:${menu}`).first().click()
      await page.locator('[role^=menuitem]').filter({ hasText: item }).click()
      await page.getByRole('menu').first().waitFor({ state: 'detached' })
    },
  }
}
export type Hands = ReturnType<typeof hands>

/** Faults that a person with a screen reader or weak eyes would meet in the view as it stands (WCAG 2.2 A and AA). */
export const barriersOf = async (page: Page): Promise<string[]> => {
  await page.evaluate('document.fonts.ready.then(() => null)')
  // Evaluated, not added as a script: the page's policy refuses scripts that are not its own.
  const source = readFileSync(axe, 'utf8')
  await page.evaluate(source)
  return page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as {
      axe: {
        run(
          options: object,
        ): Promise<{ violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[] }>
      }
    }
    const { violations } = await checker.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    })
    return violations.flatMap(({ id, nodes }) =>
      nodes
        .slice(0, 3)
        .map(
          ({ html, failureSummary }) =>
            `${id}: ${html.slice(0, 200)} ${failureSummary.replace(/\s+/g, ' ').slice(0, 200)}`,
        ),
    )
  })
}

export const expectNoComplaints = (complaints: readonly string[]) => expect(complaints).toEqual([])
