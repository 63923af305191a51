import { api } from '../../contract/api.ts'
import type { AuditFilter } from '../../contract/audit.ts'
import { csvLine } from '../../contract/csv.ts'
import { metaOf } from '../../contract/procedure.ts'
import { auditHead } from '../vault/audit/audit.ts'
import { auditColumns, type ExportedEntry, listAudit, walkAudit } from '../vault/audit/auditSearch.ts'
import { lastCheckpoint, listCheckpoints } from '../vault/audit/checkpoints.ts'
import { pemOf, signingKey } from '../vault/audit/signing.ts'
import { listUsers } from '../vault/keys/users.ts'
import type { ReadStore } from '../vault/store/store.ts'
import type { Implementer } from './implementer.ts'
import type { Services } from './services.ts'

export const auditHandlers = (services: Pick<Services, 'session' | 'vault'>, os: Implementer) => {
  const read = () => services.vault().read
  return {
    audit: {
      list: os.audit.list.handler(({ input }) => listAudit(read(), input)),
      export: os.audit.export.handler(({ input: { format, ...filter }, signal }) =>
        exportAudit(read(), format, filter, signal),
      ),
      verify: os.audit.verify.handler(async ({ input, signal }) => {
        const verdict = await services.session.auditLog().verify({ against: input.against, signal })
        for (const fault of new Set(verdict.findings.map((finding) => finding.fault)))
          await services.session.audit({
            actor: 'system',
            act: 'audit.alarm',
            record: null,
            outcome: `found: ${fault}`,
          })
        return verdict
      }),
      checkpoint: os.audit.checkpoint.handler(async () => {
        const restored = services.session.auditLog().restoreOutside()
        return { checkpoint: await services.session.auditLog().checkpoint('asked'), restored }
      }),
      checkpoints: os.audit.checkpoints.handler(({ input }) => listCheckpoints(read(), input)),
      terms: os.audit.terms.handler(() => ({
        actors: listUsers(read()).map(({ id, displayName }) => ({ actor: id, displayName })),
        acts: auditActs(),
      })),
      status: os.audit.status.handler(() => ({
        entries: auditHead(read()).count,
        checkpoint: lastCheckpoint(read()),
        alarms: services.session.auditLog().alarms,
      })),
      key: os.audit.key.handler(() => {
        const { fingerprint, publicKey, createdAt } = signingKey(read())
        return { algorithm: 'ed25519' as const, fingerprint, publicKey: pemOf(publicKey), createdAt }
      }),
    },
  }
}

/** Acts that no procedure is named after: what the core does by itself, or in its own time. */
const ownActs = ['audit.alarm', 'backup.create']

/** Every act that may stand in the log, in the order of the alphabet. */
const auditActs = (): string[] => {
  const metas = Object.values(api).flatMap((room) => Object.values(room).map(metaOf))
  const named = metas.flatMap(({ audit }) => (audit === false ? [] : [audit]))
  return [...new Set([...named, ...ownActs])].sort()
}

/** The log as CSV (RFC 4180) or JSON Lines, in pieces; CSV begins with its header. */
async function* exportAudit(
  store: ReadStore,
  format: 'csv' | 'jsonl',
  filter: AuditFilter,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  if (format === 'csv') yield `${auditColumns.join(',')}\r\n`
  const line = (entry: ExportedEntry) =>
    format === 'csv'
      ? csvLine(auditColumns.map((name) => entry[name]))
      : `${JSON.stringify(Object.fromEntries(auditColumns.map((name) => [name, entry[name]])))}\n`
  for await (const entries of walkAudit(store, filter, signal)) yield entries.map(line).join('')
}
