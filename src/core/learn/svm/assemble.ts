import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { assembled } from '../neural/assemble.ts'

const source = fileURLToPath(new URL('./dots.wat', import.meta.url))

/** Assembles dots.wat. For building and its test only: the app carries the bytes in dots.ts. */
export const assemble = (): Promise<string> => assembled(source)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lines = (await assemble()).match(/.{1,116}/g) ?? []
  const text = [
    '/** dots.wat, assembled: `npx node src/core/learn/svm/assemble.ts` writes this file. */',
    'export const dotsKernel =',
    lines.map((line) => `  '${line}'`).join(' +\n'),
    '',
  ].join('\n')
  writeFileSync(fileURLToPath(new URL('./dots.ts', import.meta.url)), text)
}
