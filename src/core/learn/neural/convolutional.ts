import { invalidInput } from '../../../contract/errors.ts'
import type { Parameter } from '../../../contract/models.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import type { Learner } from '../learner.ts'
import { netSearch } from '../search.ts'
import { fitNet } from './fit.ts'
import { loadNet } from './model.ts'
import {
  denseParameters,
  engineParameter,
  numeric,
  oneOf,
  survivalParameters,
  trainingParameters,
  withDefaults,
} from './parameters.ts'
import { fitPictures, mostPoints, type PictureScaling, picturesOf } from './pictures.ts'

const convolutionalParameters: readonly Parameter[] = [
  numeric(
    'integer',
    'convolutions',
    { en: 'Convolutions', zh: '卷积层数' },
    {
      en: 'Convolution layers, each followed by pooling two to one (not the last where means are read).',
      zh: '卷积层数，每层后二合一池化（读取平均值时最后一层除外）。',
    },
    [1, 2, 8],
  ),
  numeric(
    'integer',
    'filters',
    { en: 'Filters', zh: '滤波器数' },
    { en: 'Patterns of the first layer; twice as many in each further one.', zh: '第一层的模式数；之后每层加倍。' },
    [1, 16, 256],
  ),
  numeric(
    'integer',
    'kernel',
    { en: 'Kernel', zh: '卷积核大小' },
    { en: 'Points, or rows and columns, that a pattern spans.', zh: '一个模式跨越的点数（图像为行数与列数）。' },
    [1, 3, 63],
  ),
  oneOf(
    'readout',
    [
      { en: 'Read by', zh: '读出方式' },
      {
        en: 'The mean of each pattern over all places (wherever it is), or all places (where it is counts).',
        zh: '各模式在全部位置上的平均（位置无关），或全部位置（位置有关）。',
      },
    ],
    ['average', 'flatten'],
  ),
  numeric(
    'integer',
    'points',
    { en: 'Points of a signal', zh: '信号点数' },
    {
      en: 'Latest points of a signal that are read, evenly spaced; 0: as many as the longest training signal has.',
      zh: '读取信号最近的等间隔点数；0 表示与最长的训练信号相同。',
    },
    [0, 0, mostPoints],
  ),
]

/**
 * Convolutional net: over signals (sequences at even times) in one dimension, over pictures (grids) in two; what the
 * patterns find goes, with the columns, into dense layers. For classes, values and survival. See docs/methods.md.
 */
export const convolutional: Learner = {
  id: 'convolutional',
  family: 'nets',
  label: { en: 'Convolutional net', zh: '卷积神经网络' },
  description: {
    en: 'Finds patterns in signals that are sampled at even times, or in pictures, beside the other columns.',
    zh: '在等间隔采样的信号或图像中寻找模式，并结合其他列。',
  },
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: [
    ...convolutionalParameters,
    ...denseParameters(1, 32),
    ...withDefaults(trainingParameters, { learningRate: 0.003 }),
    ...survivalParameters,
    engineParameter,
  ],
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
    requireOne(x)
    return fitNet('convolutional', x, outcome, parameters, context, weights, (taken) => {
      const pictures = fitPictures(taken, Number(parameters.points))
      const filters = Number(parameters.filters)
      return {
        front: {
          kind: 'convolutional',
          height: pictures.of === 'signals' ? 1 : pictures.height,
          width: pictures.of === 'signals' ? pictures.points : pictures.width,
          channels: pictures.channels.length,
          kernel: Number(parameters.kernel),
          filters: Array.from({ length: Number(parameters.convolutions) }, (_, layer) => filters * 2 ** layer),
          readout: parameters.readout === 'flatten' ? 'flatten' : 'average',
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
