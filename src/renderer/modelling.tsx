export { TrainView } from './design/TrainView.tsx'
export { ModelsView } from './ModelsView.tsx'
export { ModelView } from './models/view/ModelView.tsx'
export { StudyView } from './studies/StudyView.tsx'
