import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Vitest leaves one core to its own, which on two cores is half of the machine.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/{contract,core,server,cli,main}/**/*.test.ts',
            'src/{figures,renderer}/**/*.test.{ts,tsx}',
            'test/{golden,fuzz,contract,crash}/**/*.test.ts',
            'test/views/**/*.test.tsx',
            'scripts/**/*.test.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'end-to-end',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Each file has its own vault, server and browser; more than two at once would wait for each other's windows.
          maxWorkers: Math.min(2, availableParallelism()),
        },
      },
    ],
  },
})
