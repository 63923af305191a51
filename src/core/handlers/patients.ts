import { readChart } from '../vault/chart.ts'
import { searchPatients } from '../vault/worklist.ts'
import type { Core } from './core.ts'
import type { Implementer } from './implementer.ts'

export const patientHandlers = (core: Core, os: Implementer) => ({
  patients: {
    search: os.patients.search.handler(({ input }) => searchPatients(core.vault().read, input)),
    chart: os.patients.chart.handler(({ input }) => readChart(core.vault().read, input.patient)),
  },
})
