import { freemem, totalmem } from 'node:os'
import type { StudyDesign } from '../../contract/design.ts'
import { BedsideError, conflict } from '../../contract/errors.ts'
import { summaryConcepts } from '../study/design/history.ts'
import { memoryOf } from '../study/inspect/memory.ts'
import { listConcepts, plainConcept } from '../vault/records/concepts.ts'
import { getStudy } from '../vault/records/studies.ts'
import type { ModelServices } from './services.ts'

/**
 * Bytes that this process could still get. macOS counts as free only what nobody has used yet, and gives back what
 * programs keep for later: there half of all memory is taken to be had.
 */
const freeBytes = (): number => {
  // What a container is allowed counts, too; Node 20 knows this only in its later releases.
  const { availableMemory } = process as { availableMemory?: () => number }
  const free = availableMemory?.() ?? freemem()
  return process.platform === 'darwin' ? Math.max(free, totalmem() / 2 - process.memoryUsage.rss()) : free
}

/** What a training needs and what there is, in bytes. */
export const memoryFor = (
  services: ModelServices,
  design: StudyDesign,
): { needs: number; free: number; cases: number } => {
  const { read } = services.vault()
  const { id, cases } = getStudy(read, design.study)
  const dictionary = listConcepts(read, id)
  const concepts = [
    ...dictionary.filter(({ repeated }) => !repeated).map(plainConcept),
    ...summaryConcepts(design, dictionary),
  ]
  const { threads, freeBytes: free = freeBytes } = services.options
  return { needs: Math.ceil(memoryOf(design, { cases, concepts, threads })), free: Math.floor(free()), cases }
}

/**
 * Throws `notEnoughMemory` before a single row is read: a training that ends in a full memory takes the whole computer
 * with it.
 */
export const requireMemory = (services: ModelServices, design: StudyDesign): void => {
  let known: ReturnType<typeof memoryFor>
  try {
    known = memoryFor(services, design)
  } catch (error) {
    // What the design asks for does not fit the study: the training says so in its own words.
    if (error instanceof BedsideError) return
    throw error
  }
  const { needs, free, cases } = known
  if (needs <= free) return
  throw conflict('notEnoughMemory', { needs: gigabytes(needs), free: gigabytes(free), cases })
}

/** Rounded up to a tenth. */
const gigabytes = (bytes: number): number => Math.ceil(bytes / 1e8) / 10
