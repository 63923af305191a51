import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MantineProvider } from '@mantine/core'
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from '@tanstack/react-router'
import i18next from 'i18next'
import type { FunctionComponent } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { initReactI18next } from 'react-i18next'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parseCommand } from '../../src/cli/arguments.ts'
import { commands } from '../../src/cli/commands/index.ts'
import type { ModelDetail } from '../../src/contract/models.ts'
import { settingsOf } from '../../src/contract/texts.ts'
import { createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'
import type { LongTaskContext } from '../../src/core/jobs/tasks.ts'
import { createPool } from '../../src/core/jobs/transport/pool.ts'
import type { TaskContext } from '../../src/core/jobs/transport/transport.ts'
import type { Learner } from '../../src/core/learn/learner.ts'
import { DesignFormProvider, useNewDesign } from '../../src/renderer/design/form.ts'
import { LearnerPicker } from '../../src/renderer/design/learner/LearnerPicker.tsx'
import { catalogues } from '../../src/renderer/language/catalogues.ts'
import { Coefficients } from '../../src/renderer/models/view/Coefficients.tsx'
import { AboutModel } from '../../src/renderer/parts/prediction/AboutModel.tsx'
import { Why } from '../../src/renderer/parts/prediction/Why.tsx'

/**
 * A learner that nothing knows but the list of learners and the catalogues: if a view, the shell or the explanation
 * went by a list of its own, whoever adds a learner would find it nameless or missing there, and only by using it.
 */

vi.mock('../../src/core/learn/learners.ts', async (original) => {
  const known = await original<typeof import('../../src/core/learn/learners.ts')>()
  const { logistic } = await import('../../src/core/learn/linear/logistic.ts')
  const { describe, number } = await import('../../src/core/learn/parameters.ts')
  const { comparator: _comparator, search: _search, ...answering } = logistic
  const planted: Learner = {
    ...answering,
    id: 'gaussianProcess',
    family: 'machines',
    parameters: [...logistic.parameters, ...describe(number('lengthScale', [0.1, 1, 100])).list],
  }
  const learners = [...known.learners, planted]
  return { learners, learnerOf: (id: string) => learners.find((learner) => learner.id === id) }
})

// Worker threads load the list of learners from its file, without the planted one; so the work is done in this thread.
vi.mock('../../src/core/jobs/transport/threads.ts', async () => {
  const { longTasks } = await import('../../src/core/jobs/tasks.ts')
  type Run = (input: unknown, context: LongTaskContext) => Promise<unknown>
  const openPool = () => createPool({ threads: 1, workerUrl: new URL('file:///none') })
  const memo = { get: () => undefined, put: () => {} }
  return {
    threadTransport: () => ({
      run: (task: keyof typeof longTasks, input: unknown, { report }: TaskContext) =>
        (longTasks[task] as Run)(input, { report, openPool, memo }),
    }),
  }
})

const texts = {
  en: { label: 'Gaussian process', description: 'Learns smooth functions.', scale: 'Length scale' },
  'zh-CN': { label: '高斯过程', description: '学习平滑函数。', scale: '长度尺度' },
}
const languages = ['en', 'zh-CN'] as const

const folder = mkdtempSync(join(tmpdir(), 'bedside-planted-'))
const app = createApp({
  vaultPath: join(folder, 'vault'),
  resources: installation().resources,
  workers: installation().workers,
  build: '0.0.0+test',
  threads: 1,
  keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
})
const client = app.client(app.connect('cli'))

/** Runs a command line of the shell; returns what it answers people. */
const shell = async (line: string): Promise<string> => {
  const parsed = parseCommand(line.split(' '), commands)
  if (parsed.kind !== 'run') throw new TypeError('not a command that runs')
  const said: string[] = []
  await parsed.command.prepare(
    parsed.options,
    parsed.operands,
  )({
    client,
    signal: new AbortController().signal,
    passphrase: '',
    registerFile: () => Promise.reject(new TypeError('no file is read')),
    terminal: {
      json: false,
      answer: (_, lines) => said.push(...lines),
      write: async () => {},
      warn: () => {},
      progress: () => {},
      clearProgress: () => {},
    },
  })
  return said.join('\n')
}

/** A view as the window draws it, in a language. */
const page = async (language: string, view: FunctionComponent): Promise<string> => {
  await i18next.changeLanguage(language)
  const root = createRootRoute({ component: view })
  const router = createRouter({ routeTree: root, history: createMemoryHistory() })
  await router.load()
  return renderToStaticMarkup(
    <MantineProvider>
      <RouterProvider router={router as never} />
    </MantineProvider>,
  )
}

let model: ModelDetail
let answer: string

beforeAll(async () => {
  const resources = Object.fromEntries(
    languages.map((language) => {
      const { label, description, scale } = texts[language]
      const gaussianProcess = { label, description, parameter: { lengthScale: { label: scale, description } } }
      const rooms = catalogues[language]
      return [language, { ...rooms, learners: { ...(rooms.learners as object), gaussianProcess } }]
    }),
  )
  await i18next.use(initReactI18next).init({ ...settingsOf(resources, 'en'), defaultNS: 'shell', fallbackNS: 'shell' })
  await client.vault.create({ displayName: 'Dr. Adams', passphrase: 'correct horse battery staple' })
  const { job } = await client.samples.load({ names: ['biopsy'], train: false })
  for await (const _ of await client.jobs.watch({ job }));
  answer = await shell(
    'train --study biopsy --task diagnosis --target class --positive malignant --learner gaussianProcess --set l2=1 --set lengthScale=2',
  )
  const [{ model: id }] = await client.models.list({})
  model = await client.models.get({ model: id })
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

test('the shell trains it with its parameters and says its name', () => {
  expect(answer).toContain('gaussianProcess for diagnosis on biopsy')
  expect(model.design.parameters).toEqual({ l2: 1, lengthScale: 2 })
})

test('the shell lists it where a name is misspelt', async () => {
  const wrong = shell('train --study biopsy --task diagnosis --target class --learner gaussianProces')
  await expect(wrong).rejects.toThrow(/gaussianProcess/)
})

test.each(languages)('the form offers it in its family, by its name (%s)', async (language) => {
  const learners = await client.models.learners()
  const { columns } = await client.studies.summary({ study: 'biopsy' })
  const drawn = await page(language, () => {
    const form = useNewDesign({ study: 'biopsy', rows: 699, columns, measured: [], learners })
    const chosen = { ...form, learner: learners.find(({ id }) => id === 'gaussianProcess') ?? null }
    return (
      <DesignFormProvider value={chosen}>
        <LearnerPicker />
      </DesignFormProvider>
    )
  })
  const { label, description, scale } = texts[language]
  for (const text of [label, description, scale]) expect(drawn).toContain(text)
  // Machines come after trees and before nets.
  const at = (text: string) => drawn.indexOf(`aria-label="${text}"`)
  const nameOf = (id: string) => i18next.t(`learners:${id}.label`)
  expect(at(nameOf('forest'))).toBeGreaterThan(0)
  expect(at(label)).toBeGreaterThan(at(nameOf('forest')))
  expect(at(label)).toBeLessThan(at(nameOf('neural')))
})

test.each(languages)("a model's view names it, and says what its coefficients are (%s)", async (language) => {
  expect(await page(language, () => <AboutModel model={model} />)).toContain(texts[language].label)
  const effect = i18next.t('models:coefficients.axis.oddsRatio')
  expect(effect).not.toContain('oddsRatio')
  expect(await page(language, () => <Coefficients model={model} />)).toContain(effect)
})

test.each(languages)('the explanation of a prediction says how it came about (%s)', async (language) => {
  const { rows } = await client.patients.search({ study: 'biopsy' })
  const { explanation } = await client.predictions.diagnose({ patient: rows[0].patient, model: model.model })
  expect(explanation.method).toBe('linear')
  const drawn = await page(language, () => <Why explanation={explanation} what="" />)
  expect(i18next.exists('explanation:method.linear', { lng: language })).toBe(true)
  expect(drawn).toContain(i18next.t('explanation:method.linear'))
})
