import { invalidInput, issue } from '../../contract/errors.ts'
import type { ExportChoices } from '../../contract/exports.ts'
import { deidentify } from '../export/deidentify.ts'
import { exportKey, newSecret } from '../export/key.ts'
import { writeExport } from '../export/write.ts'
import { studySource } from '../extract/studySource.ts'
import { createExportKey, exportKeySecret, listExportKeys } from '../vault/keys/exportKeys.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

export const exportHandlers = (services: Pick<Services, 'vault'>, os: Implementer) => {
  const read = () => services.vault().read
  const prepare = ({ key: name, ...choices }: ExportChoices & { key: string | null }) => {
    const secret = name === null ? newSecret() : exportKeySecret(read(), name)
    try {
      return deidentify(studySource(read(), choices.study), choices, exportKey(secret), name)
    } finally {
      secret.fill(0)
    }
  }
  return {
    exports: {
      keys: os.exports.keys.handler(() => listExportKeys(read())),
      createKey: os.exports.createKey.handler(({ input: { key }, context }) =>
        services
          .vault()
          .write((store) => createExportKey(store, key, { secret: newSecret(), by: sessionOf(context).user })),
      ),
      preview: os.exports.preview.handler(({ input }) => prepare(input).report),
      write: os.exports.write.handler(({ input: { report: seen, ...input }, signal }) => {
        const { report, released } = prepare(input)
        if (report.digest !== seen) throw invalidInput('reportOutdated', {}, [issue('report', 'otherExport')])
        return writeExport(released, report, signal)
      }),
    },
  }
}
