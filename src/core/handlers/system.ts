import type { Core } from '../session/core.ts'
import { hasAes } from '../vault/keys/processor.ts'
import type { Implementer } from './implementer.ts'

export const systemHandlers = (core: Core, os: Implementer) => ({
  system: {
    info: os.system.info.handler(() => {
      const [version] = core.options.build.split('+')
      return {
        app: 'Bedside',
        version,
        node: process.versions.node,
        electron: process.versions.electron ?? null,
        platform: `${process.platform} ${process.arch}`,
        cores: core.options.threads,
        neuralBackend: core.neuralBackend,
        cipher: core.isOpen() ? core.vault().cipher : '',
        aes: hasAes(),
      }
    }),
  },
})
