import { readChart } from '../vault/records/chart.ts'
import { isIdentifierSystem } from '../vault/records/registration.ts'
import { listStudies } from '../vault/records/studies.ts'
import { searchPatients } from '../vault/records/worklist.ts'
import type { ReadStore } from '../vault/store/store.ts'
import type { Implementer } from './implementer.ts'
import type { Services } from './services.ts'

interface Asked {
  query: string
  study: string | null
  offset: number
  limit: number
}

/**
 * Patients without a name are called by study and key (`pbc 17`), so a search for that must find them: a word that is
 * the name of a study narrows the search to it, one that is the name of an identifier system is no part of the key.
 */
const asKey = (store: ReadStore, asked: Asked): Asked => {
  const words = asked.query.trim().split(/\s+/)
  if (words.length < 2) return asked
  const [first, ...rest] = words
  const named = first.toLowerCase()
  const study = listStudies(store).find(({ name }) => name.toLowerCase() === named)
  const system = isIdentifierSystem(store, named)
  if (!study && !system) return asked
  return { ...asked, query: rest.join(' '), study: asked.study ?? study?.name ?? null }
}

export const patientHandlers = (services: Pick<Services, 'vault'>, os: Implementer) => ({
  patients: {
    search: os.patients.search.handler(({ input }) => {
      const { read } = services.vault()
      const found = searchPatients(read, input)
      return found.total > 0 ? found : searchPatients(read, asKey(read, input))
    }),
    chart: os.patients.chart.handler(({ input }) => readChart(services.vault().read, input.patient)),
  },
})
