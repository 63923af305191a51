import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { AuditView } from './audit/index.tsx'
import { BackupsView } from './backups/index.tsx'
import { HistoryView } from './chart/HistoryView.tsx'
import { PatientView } from './chart/PatientView.tsx'
import { DeidentifyView } from './deidentify/index.tsx'
import { BatchView } from './intake/BatchView.tsx'
import { IntakeView } from './intake/index.tsx'
import { auditSearchOf } from './parts/auditSearch.ts'
import { currentSession } from './parts/session.ts'
import { SettingsView } from './settings/index.tsx'
import { NotFound } from './shell/NotFound.tsx'
import { landingOf } from './shell/places.ts'
import { Shell } from './shell/Shell.tsx'
import { WorklistView } from './worklist/index.tsx'

// The views that draw figures are loaded when they are first opened.
const ChartView = lazyRouteComponent(() => import('./chart/index.tsx'), 'ChartView')
const DiagnosisView = lazyRouteComponent(() => import('./diagnosis/index.tsx'), 'DiagnosisView')
const SurvivalView = lazyRouteComponent(() => import('./survival/index.tsx'), 'SurvivalView')
const AdviceView = lazyRouteComponent(() => import('./advice/index.tsx'), 'AdviceView')
const loadModels = () => import('./modelling.tsx')
const ModelsView = lazyRouteComponent(loadModels, 'ModelsView')
const ModelView = lazyRouteComponent(loadModels, 'ModelView')
const TrainView = lazyRouteComponent(loadModels, 'TrainView')
const StudyView = lazyRouteComponent(loadModels, 'StudyView')

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: landingOf(currentSession()?.role), replace: true })
  },
})

const worklist = createRoute({
  getParentRoute: () => root,
  path: '/worklist',
  validateSearch: (search: Record<string, unknown>): { q?: string; study?: string } => ({
    ...(typeof search.q === 'string' && search.q !== '' ? { q: search.q } : {}),
    ...(typeof search.study === 'string' && search.study !== '' ? { study: search.study } : {}),
  }),
  component: WorklistView,
})

const wholeNumber = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : 0)

const patient = createRoute({
  getParentRoute: () => root,
  path: '/patients/$patient',
  component: () => <PatientView patient={wholeNumber(patient.useParams().patient)} />,
})
const patientHome = createRoute({
  getParentRoute: () => patient,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/patients/$patient/chart', params: params as { patient: string }, replace: true })
  },
})
const usePatient = () => wholeNumber(patient.useParams().patient)
const chart = createRoute({
  getParentRoute: () => patient,
  path: '/chart',
  component: () => <ChartView patient={usePatient()} />,
})
const diagnosis = createRoute({
  getParentRoute: () => patient,
  path: '/diagnosis',
  component: () => <DiagnosisView patient={usePatient()} />,
})
const survival = createRoute({
  getParentRoute: () => patient,
  path: '/survival',
  component: () => <SurvivalView patient={usePatient()} />,
})
const advice = createRoute({
  getParentRoute: () => patient,
  path: '/advice',
  component: () => <AdviceView patient={usePatient()} />,
})
const history = createRoute({
  getParentRoute: () => patient,
  path: '/history',
  component: () => <HistoryView patient={usePatient()} />,
})

const intake = createRoute({ getParentRoute: () => root, path: '/intake', component: IntakeView })
const batch = createRoute({
  getParentRoute: () => root,
  path: '/intake/batches/$batch',
  component: () => <BatchView batch={wholeNumber(batch.useParams().batch)} />,
})

const studies = createRoute({ getParentRoute: () => root, path: '/studies', component: () => <ModelsView /> })
const study = createRoute({
  getParentRoute: () => root,
  path: '/studies/$study',
  component: () => <StudyView study={study.useParams().study} />,
})
const deidentify = createRoute({
  getParentRoute: () => root,
  path: '/studies/$study/deidentify',
  component: () => <DeidentifyView study={deidentify.useParams().study} />,
})
const models = createRoute({ getParentRoute: () => root, path: '/models', component: () => <ModelsView /> })
const model = createRoute({
  getParentRoute: () => root,
  path: '/models/$model',
  component: () => <ModelView model={wholeNumber(model.useParams().model)} />,
})
const train = createRoute({
  getParentRoute: () => root,
  path: '/train',
  validateSearch: (search: Record<string, unknown>): { study?: string } =>
    typeof search.study === 'string' ? { study: search.study } : {},
  component: () => {
    const chosen = train.useSearch().study
    return <TrainView {...(chosen ? { study: chosen } : {})} />
  },
})

const settings = createRoute({ getParentRoute: () => root, path: '/settings', component: SettingsView })
const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: auditSearchOf,
  component: () => <AuditView search={audit.useSearch()} />,
})
const backups = createRoute({ getParentRoute: () => root, path: '/backups', component: BackupsView })

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    worklist,
    patient.addChildren([patientHome, chart, diagnosis, survival, advice, history]),
    intake,
    batch,
    studies,
    study,
    deidentify,
    models,
    model,
    train,
    settings,
    audit,
    backups,
  ]),
  // The address after # : a reload works whoever serves the page, and no path is ever asked of the server.
  history: createHashHistory(),
  defaultPreload: false,
  scrollRestoration: false,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
