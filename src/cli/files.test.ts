import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { writeOutput } from './output.ts'
import { createTerminal } from './terminal.ts'

const terminal = createTerminal(false)
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bedside-files-'))
})

test('a file that is written halfway does not replace the one that was whole', async () => {
  const path = join(folder, 'predictions.csv')
  await writeFile(path, 'whole')
  await expect(
    writeOutput(path, terminal, async ({ write }) => {
      await write('half')
      throw new Error('the disk is full')
    }),
  ).rejects.toThrow('the disk is full')
  expect(await readFile(path, 'utf8')).toBe('whole')
  expect(await readdir(folder)).toEqual(['predictions.csv'])

  await writeOutput(path, terminal, ({ write }) => write('new'))
  expect(await readFile(path, 'utf8')).toBe('new')
  expect((await stat(path)).mode & 0o077).toBe(0)
})

test('writing to a folder, or into one that is not there, is refused', async () => {
  await expect(writeOutput(folder, terminal, async () => {})).rejects.toThrow(/is a folder/)
  await expect(writeOutput(join(folder, 'no', 'x.csv'), terminal, async () => {})).rejects.toThrow(/not there/)
})

test('a device is written to, never replaced', async () => {
  await writeOutput('/dev/null', terminal, ({ write }) => write('x'))
  expect((await stat('/dev/null')).isCharacterDevice()).toBe(true)
})
