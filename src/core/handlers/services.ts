import { tmpdir } from 'node:os'
import type { Job } from '../../contract/jobs.ts'
import { createUploads, type Uploads } from '../intake/import/uploads.ts'
import { type JobHandlers, JobRunner, type KeptJob } from '../jobs/runner.ts'
import { readSpec, rulesOf } from '../jobs/specs.ts'
import { threadTransport } from '../jobs/transport/threads.ts'
import type { Transport } from '../jobs/transport/transport.ts'
import { createModelCache, type ModelCache } from '../models/modelCache.ts'
import { incidentOf } from '../session/incident.ts'
import { type SessionOptions, SessionService } from '../session/session.ts'
import { interruptJobs, listJobs, type StoredJob, saveJob } from '../vault/models/jobs.ts'
import type { Vault } from '../vault/store/vault.ts'

/** Entries of worker threads. Sources have each in its room, a bundle all in one folder: only the shell knows which. */
export interface Workers {
  /** Long tasks and their pieces. */
  pool: URL
  /** Reads and checks files. */
  rows: URL
  /** Encrypts the database under a new key. */
  rekey: URL
}

export interface ServiceOptions extends SessionOptions {
  /** Folder of the bundled samples and their dictionaries. */
  resources: string
  workers: Workers
  /** What models are made by: version and, after a `+`, the digest of the code that decides a fit. */
  build: string
  threads: number
  /** For tests: bytes that could still be had. */
  freeBytes?: () => number
}

/** So many jobs of before are shown. */
const knownJobs = 50

/**
 * What procedures and jobs are made of, put together once a process. Each of them names the few it needs
 * (`Pick<Services, 'vault' | 'jobs'>`); jobs, uploads and opened models begin anew with each opening of the vault.
 */
export class Services {
  readonly options: ServiceOptions
  readonly session: SessionService
  /** Where long tasks run: on threads of this machine. */
  readonly transport: Transport
  readonly modelCache: ModelCache
  jobs: JobRunner
  uploads: Uploads
  /** What neural nets were last trained on; null until then. */
  neuralBackend: string | null = null
  private readonly handlers: JobHandlers

  constructor(options: ServiceOptions, jobHandlersOf: (services: Services) => JobHandlers) {
    this.options = options
    this.transport = threadTransport(options.workers.pool)
    this.modelCache = createModelCache(() => this.vault())
    this.handlers = jobHandlersOf(this)
    this.jobs = this.newJobs()
    this.uploads = newUploads()
    this.session = new SessionService(options, {
      opened: async (vault) => {
        // What was cut off when the vault was last open shows as interrupted.
        await vault.write(interruptJobs)
        this.jobs = this.newJobs(listJobs(vault.read, knownJobs).map(keptOf))
      },
      busy: () => this.jobs.list().some(({ endedAt, state }) => endedAt === null && state !== 'paused'),
      settled: () => this.jobs.settled(),
      forget: () => this.modelCache.clear(),
      closing: async () => {
        await this.jobs.close()
        this.uploads.close()
        this.modelCache.clear()
      },
      closed: () => {
        this.jobs = this.newJobs()
        this.uploads = newUploads()
      },
    })
  }

  /** The open vault; throws `locked`. */
  vault = (): Vault => this.session.vault()

  private newJobs(known: readonly KeptJob[] = []): JobRunner {
    return new JobRunner({
      handlers: () => this.handlers,
      incident: (error) => incidentOf(error, this.options.log),
      keep: async ({ job, spec, by }) => {
        if (!this.session.isOpen()) return
        await this.vault().write((store) => saveJob(store, { ...job, spec, user: by === 'system' ? null : by }))
      },
      known,
    })
  }
}

const newUploads = (): Uploads => createUploads({ folder: tmpdir() })

const keptOf = ({ spec, user, ...stored }: StoredJob): KeptJob => {
  const read = readSpec(spec)
  const job: Job = {
    ...stored,
    position: null,
    progress: stored.state === 'done' ? 1 : null,
    endsAt: null,
    workingSince: null,
    stage: stored.state,
    curve: null,
    pausable: false,
    resumable: read !== null && rulesOf[stored.kind].resumable,
  }
  return { job, spec: read, by: user ?? 'system' }
}
