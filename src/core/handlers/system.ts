import { hasAes } from '../vault/keys/processor.ts'
import type { Implementer } from './implementer.ts'
import type { Services } from './services.ts'

export const systemHandlers = (
  services: Pick<Services, 'neuralBackend' | 'options' | 'session' | 'vault'>,
  os: Implementer,
) => ({
  system: {
    info: os.system.info.handler(() => {
      const [version] = services.options.build.split('+')
      return {
        app: 'Bedside',
        version,
        node: process.versions.node,
        electron: process.versions.electron ?? null,
        platform: `${process.platform} ${process.arch}`,
        cores: services.options.threads,
        neuralBackend: services.neuralBackend,
        cipher: services.session.isOpen() ? services.vault().cipher : '',
        aes: hasAes(),
      }
    }),
  },
})
