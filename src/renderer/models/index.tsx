export { ModelsView } from './ModelsView.tsx'
export { ModelView } from './ModelView.tsx'
export { StudyView } from './StudyView.tsx'
export { TrainView } from './TrainView.tsx'
