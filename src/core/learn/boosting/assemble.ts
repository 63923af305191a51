import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { assembled } from '../neural/assemble.ts'

const source = fileURLToPath(new URL('./histogram.wat', import.meta.url))

/** Assembles histogram.wat. For building and its test only: the app carries the bytes in kernels.ts. */
export const assemble = (): Promise<string> => assembled(source)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lines = (await assemble()).match(/.{1,116}/g) ?? []
  const text = [
    '/** histogram.wat, assembled: `npx node src/core/learn/boosting/assemble.ts` writes this file. */',
    'export const histogramKernels =',
    lines.map((line) => `  '${line}'`).join(' +\n'),
    '',
  ].join('\n')
  writeFileSync(fileURLToPath(new URL('./kernels.ts', import.meta.url)), text)
}
