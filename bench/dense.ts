/**
 * Training a dense net (64-64-1, Adam, binary cross-entropy) on 80,000 x 30 beside PyTorch on one thread, and on
 * TensorFlow.js on its best backend here: seconds an epoch, shuffling and loss included, at batches of 32 and 256. Same
 * data, same run; the losses after the same number of epochs stand beside the times. Promised: at most 3 times torch.
 * Run: npx node bench/dense.ts
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openTensorFlow } from '../src/core/learn/neural/backend.ts'
import { fusedEngine } from '../src/core/learn/neural/fused.ts'
import { loadNet, stateOf } from '../src/core/learn/neural/model.ts'
import { type Engine, initialWeights, type NetData, type NetOptions } from '../src/core/learn/neural/net.ts'
import type { NetShape } from '../src/core/learn/neural/shape.ts'
import { tensorflowEngine } from '../src/core/learn/neural/tensorflow.ts'
import { train } from '../src/core/learn/neural/train.ts'
import { classPredictor } from '../src/core/learn/predictor.ts'
import { randomOf } from '../src/core/numbers/random.ts'

const [rows, columns] = [80_000, 30]
const batches = [32, 256]
const epochs = 3
const promised = 3

const dataOf = (): NetData => {
  const random = randomOf(42)
  const values = Float32Array.from({ length: rows * columns }, () => random.normal())
  const targets = Float32Array.from({ length: rows }, (_, row) => {
    const at = row * columns
    const score = values[at] + values[at + 1] * values[at + 2] - Math.abs(values[at + 3])
    return random.uniform() < 1 / (1 + Math.exp(-score)) ? 1 : 0
  })
  return { rows, columns, values, targets, weights: new Float32Array(rows).fill(1) }
}

const shape: NetShape = { inputs: columns, hidden: [64, 64], outputs: 1 }

/** Seconds an epoch (median) and the mean loss of the last. */
const measure = async (data: NetData, batchSize: number, open: (options: NetOptions) => Engine, runs: number) => {
  const options: NetOptions = { loss: 'binary', batchSize, optimiser: 'adam', l2: 0, weightDecay: 0 }
  const all = { training: Uint32Array.from({ length: rows }, (_, row) => row), validation: new Uint32Array(0) }
  const seconds: number[] = []
  const engine = open(options)
  let before = performance.now()
  const trained = await train(
    engine,
    data,
    shape,
    options,
    {
      rates: { schedule: 'constant', rate: 0.001, factor: 1, every: 1, epochs: runs },
      dropout: 0,
      patience: 0,
      seed: 1,
    },
    all,
    new AbortController().signal,
    (_, detail) => {
      if (!detail) return
      seconds.push((performance.now() - before) / 1000)
      before = performance.now()
    },
  )
  engine.close()
  return { seconds: median(seconds), loss: trained.losses[runs - 1], weights: trained.weights }
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]

const script = `
import json, sys, time
import numpy as np, torch
torch.set_num_threads(1)
rows, columns, epochs = ${rows}, ${columns}, ${epochs}
x = torch.from_numpy(np.fromfile(sys.argv[1] + '/values', np.float32).reshape(rows, columns))
y = torch.from_numpy(np.fromfile(sys.argv[1] + '/targets', np.float32))
out = {}
for batch in ${JSON.stringify(batches)}:
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(columns, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
    for layer in (0, 2, 4): torch.nn.init.xavier_uniform_(net[layer].weight); torch.nn.init.zeros_(net[layer].bias)
    adam = torch.optim.Adam(net.parameters(), lr=0.001, eps=1e-7)
    entropy = torch.nn.BCEWithLogitsLoss()
    times = []
    for epoch in range(epochs):
        start = time.perf_counter(); order = torch.randperm(rows); total = 0.0
        for i in range(0, rows, batch):
            take = order[i:i + batch]
            adam.zero_grad(); loss = entropy(net(x[take])[:, 0], y[take]); loss.backward(); adam.step()
            total += loss.item() * len(take)
        times.append(time.perf_counter() - start)
    out[batch] = {'seconds': sorted(times)[epochs // 2], 'loss': total / rows}
print(json.dumps({'version': torch.__version__, 'runs': out}))
`

interface Torch {
  version: string
  runs: Record<string, { seconds: number; loss: number }>
}

const torchOn = (data: NetData): Torch | string => {
  const folder = mkdtempSync(join(tmpdir(), 'bedside-dense-'))
  try {
    writeFileSync(join(folder, 'values'), data.values)
    writeFileSync(join(folder, 'targets'), data.targets)
    const python = spawnSync('/usr/bin/python3', ['-c', script, folder], { encoding: 'utf8' })
    if (python.error) return python.error.message
    if (python.status !== 0) return python.stderr.trim().split('\n').at(-1) ?? 'failed'
    return JSON.parse(python.stdout) as Torch
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export async function run() {
  const data = dataOf()
  const torch = torchOn(data)
  const peer = typeof torch === 'string' ? null : torch
  const backend = await openTensorFlow()
  console.log(
    `Dense net 64-64-1 on ${rows} x ${columns}, seconds an epoch (median of ${epochs}; TensorFlow.js: 1 epoch)`,
  )
  if (typeof torch === 'string') console.log(`  torch skipped: ${torch}`)
  const start = () => initialWeights(shape, [0], randomOf(7))
  let weights: Float32Array[] = []
  for (const batch of batches) {
    const fused = await measure(data, batch, (options) => fusedEngine(data, shape, start(), options), epochs)
    const tf = await measure(data, batch, (options) => tensorflowEngine(backend, data, shape, start(), options), 1)
    weights = fused.weights
    const line = (name: string, seconds: number, loss: number | null, note = '') =>
      console.log(
        `  batch ${String(batch).padStart(3)}  ${name.padEnd(24)} ${seconds.toFixed(3).padStart(7)} s` +
          `${peer ? `  ${(seconds / peer.runs[batch].seconds).toFixed(2).padStart(6)} x torch` : ''}` +
          `${loss === null ? '' : `  loss ${loss.toFixed(4)}`}${note}`,
      )
    if (peer) line(`torch ${peer.version}, 1 thread`, peer.runs[batch].seconds, peer.runs[batch].loss)
    line(`TensorFlow.js (${backend.name})`, tf.seconds, null)
    const reached = peer ? fused.seconds / peer.runs[batch].seconds <= promised : null
    const verdict = reached === null ? '' : `  ${reached ? 'PASS' : 'FAIL'} (at most ${promised} x)`
    line('Bedside (fused)', fused.seconds, fused.loss, verdict)
  }

  const predictor = loadNet(stateOf(shape, 'binary', 0, weights, { classes: ['no', 'yes'], present: [0, 1] }))
  const one = { rows: 1, columns, data: Float64Array.from(data.values.subarray(0, columns)), terms: [], source: [] }
  const times = Array.from({ length: 2000 }, () => {
    const before = performance.now()
    classPredictor(predictor).probabilities(one)
    return performance.now() - before
  })
  const each = median(times)
  console.log(`  one row predicted in ${(each * 1000).toFixed(1)} us  ${each < 0.2 ? 'PASS' : 'FAIL'} (under 0.2 ms)`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await run()
