import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { assembled } from '../neural/assemble.ts'

/** Assembles products.wat. For building and its test only: the app carries the bytes in kernels.ts. */
export const assemble = (): Promise<string> => assembled(fileURLToPath(new URL('./products.wat', import.meta.url)))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lines = (await assemble()).match(/.{1,116}/g) ?? []
  const text = [
    '/** products.wat, assembled: `npx node src/core/learn/elasticNet/assemble.ts` writes this file. */',
    'export const productKernels =',
    lines.map((line) => `  '${line}'`).join(' +\n'),
    '',
  ].join('\n')
  writeFileSync(fileURLToPath(new URL('./kernels.ts', import.meta.url)), text)
}
