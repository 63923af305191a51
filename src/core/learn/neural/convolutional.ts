import { invalidInput } from '../../../contract/errors.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import type { Learner } from '../learner.ts'
import { choice, describe, integer } from '../parameters.ts'
import { netSearch } from '../search.ts'
import { fitNet } from './fit.ts'
import { loadNet } from './model.ts'
import { denseParameters, engineParameter, survivalParameters, trainingParameters, withDefaults } from './parameters.ts'
import { fitPictures, mostPoints, type PictureScaling, picturesOf } from './pictures.ts'

const convolutionalParameters = [
  integer('convolutions', [1, 2, 8]),
  integer('filters', [1, 16, 256]),
  integer('kernel', [1, 3, 63]),
  choice('readout', ['average', 'flatten']),
  integer('points', [0, 0, mostPoints]),
] as const

const settings = describe(
  ...convolutionalParameters,
  ...denseParameters(1, 32),
  ...withDefaults(trainingParameters, { learningRate: 0.003 }),
  ...survivalParameters,
  engineParameter,
)

/**
 * Convolutional net: over signals (sequences at even times) in one dimension, over pictures (grids) in two; what the
 * patterns find goes, with the columns, into dense layers. For classes, values and survival. See docs/methods.md.
 */
export const convolutional: Learner = {
  id: 'convolutional',
  family: 'nets',
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: settings.list,
  needs: {
    categories: 'oneHot',
    standardise: true,
    native: false,
    missing: 'median',
    sequences: 'reads',
    grids: 'reads',
  },
  stateVersion: 1,
  search: netSearch,
  fit: async (x, outcome, parameters, context, weights) => {
    const values = settings.read(parameters)
    requireOne(x)
    return fitNet('convolutional', x, outcome, values, context, weights, (taken) => {
      const pictures = fitPictures(taken, values.points)
      const filters = values.filters
      return {
        front: {
          kind: 'convolutional',
          height: pictures.of === 'signals' ? 1 : pictures.height,
          width: pictures.of === 'signals' ? pictures.points : pictures.width,
          channels: pictures.channels.length,
          kernel: values.kernel,
          filters: Array.from({ length: values.convolutions }, (_, layer) => filters * 2 ** layer),
          readout: values.readout,
        },
        data: { pictures: picturesOf(taken, pictures) },
        header: { pictures },
      }
    })
  },
  load: async (state) => {
    const pictures = state.header.pictures as PictureScaling | undefined
    if (!pictures?.channels) throw invalidInput('badArtifact')
    return loadNet(state, (x) => ({ pictures: picturesOf(x, pictures) }))
  },
}

const requireOne = (x: Matrix) => {
  if (!x.grids && !x.sequences) fitPictures(x, 0)
}
