/**
 * Training convolutional and recurrent nets beside PyTorch on one thread, and beside TensorFlow.js's wasm backend:
 * seconds an epoch at a batch of 32 (binary cross-entropy, Adam), the same data, nets and starting weights'
 * distributions, one run after another. Promised: at most 10 times torch. Run: npx node bench/neural.ts
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openTensorFlow } from '../src/core/learn/neural/backend.ts'
import { fusedEngine } from '../src/core/learn/neural/fused.ts'
import { type Engine, initialWeights, type NetData, type NetOptions } from '../src/core/learn/neural/net.ts'
import type { Front, NetShape } from '../src/core/learn/neural/shape.ts'
import { tensorflowEngine } from '../src/core/learn/neural/tensorflow.ts'
import { randomOf, shuffle } from '../src/core/numbers/random.ts'

const promised = 10
const batch = 32
const epochs = 3

const nets: { name: string; rows: number; tensorflowRows: number; front: Front; numbers: number }[] = [
  {
    name: 'Conv1D, 512 points x 4 channels, filters 16-32 of 5',
    rows: 1024,
    tensorflowRows: 512,
    numbers: 512 * 4,
    front: {
      kind: 'convolutional',
      height: 1,
      width: 512,
      channels: 4,
      kernel: 5,
      filters: [16, 32],
      readout: 'average',
    },
  },
  {
    name: 'Conv2D, 28 x 28, filters 16-32 of 3 x 3',
    rows: 1024,
    tensorflowRows: 512,
    numbers: 28 * 28,
    front: {
      kind: 'convolutional',
      height: 28,
      width: 28,
      channels: 1,
      kernel: 3,
      filters: [16, 32],
      readout: 'flatten',
    },
  },
  {
    name: 'LSTM, 32 steps of 16, 64 units',
    rows: 2048,
    tensorflowRows: 256,
    numbers: 32 * 16,
    front: { kind: 'recurrent', cell: 'lstm', inputs: 16, units: 64 },
  },
  {
    name: 'GRU, 32 steps of 16, 64 units',
    rows: 2048,
    tensorflowRows: 256,
    numbers: 32 * 16,
    front: { kind: 'recurrent', cell: 'gru', inputs: 16, units: 64 },
  },
]

const dataOf = ({ rows, numbers, front }: (typeof nets)[number]): NetData => {
  const random = randomOf(42)
  const values = Float32Array.from({ length: rows * numbers }, () => random.normal())
  const targets = Float32Array.from({ length: rows }, (_, row) => {
    let sum = 0
    for (let i = 0; i < numbers; i += 7) sum += values[row * numbers + i]
    return +(sum > 0)
  })
  const data: NetData = {
    rows,
    columns: 0,
    values: new Float32Array(0),
    targets,
    weights: new Float32Array(rows).fill(1),
  }
  if (front.kind === 'convolutional') data.pictures = values
  else {
    const steps = numbers / front.inputs
    data.steps = { offsets: Int32Array.from({ length: rows + 1 }, (_, row) => row * steps), values }
  }
  return data
}

/** Seconds an epoch over the first rows (median), and the mean loss of the last. */
const measure = (engine: Engine, rows: number, runs: number) => {
  const seconds: number[] = []
  let loss = 0
  for (let epoch = 0; epoch < runs; epoch++) {
    const before = performance.now()
    const order = shuffle(
      Uint32Array.from({ length: rows }, (_, row) => row),
      randomOf(epoch),
    )
    let sum = 0
    for (let start = 0; start < rows; start += batch) {
      const taken = order.subarray(start, start + batch)
      sum += engine.step(taken, null, 0.001) * taken.length
    }
    loss = sum / rows
    seconds.push((performance.now() - before) / 1000)
  }
  engine.close()
  return { seconds: seconds.sort((a, b) => a - b)[runs >> 1], loss }
}

const script = `
import json, sys, time
import numpy as np, torch
from torch import nn
torch.set_num_threads(1)
class Recurrent(nn.Module):
    def __init__(self, kind, inputs, units):
        super().__init__()
        self.cell = (nn.LSTM if kind == 'lstm' else nn.GRU)(inputs, units, batch_first=True)
        self.head = nn.Sequential(nn.Linear(units, 32), nn.ReLU(), nn.Linear(32, 1))
    def forward(self, x):
        out, _ = self.cell(x)
        return self.head(out[:, -1])
out = []
for index, net in enumerate(json.load(open(sys.argv[1] + '/nets.json'))):
    torch.manual_seed(1)
    front, rows = net['front'], net['rows']
    x = np.fromfile(f'{sys.argv[1]}/values{index}', np.float32)
    y = torch.from_numpy(np.fromfile(f'{sys.argv[1]}/targets{index}', np.float32))
    if front['kind'] == 'recurrent':
        x = torch.from_numpy(x.reshape(rows, -1, front['inputs']))
        model = Recurrent(front['cell'], front['inputs'], front['units'])
    else:
        one = front['height'] == 1
        shape = (rows, front['width'], front['channels']) if one else (rows, front['height'], front['width'], front['channels'])
        x = torch.from_numpy(np.ascontiguousarray(np.moveaxis(x.reshape(shape), -1, 1)))
        conv, pool = (nn.Conv1d, nn.MaxPool1d) if one else (nn.Conv2d, nn.MaxPool2d)
        parts, before = [], front['channels']
        for i, filters in enumerate(front['filters']):
            parts += [conv(before, filters, front['kernel'], padding='same'), nn.ReLU()]
            if front['readout'] == 'flatten' or i < len(front['filters']) - 1: parts.append(pool(2))
            before = filters
        if front['readout'] == 'average': parts += [nn.AdaptiveAvgPool1d(1) if one else nn.AdaptiveAvgPool2d(1)]
        parts.append(nn.Flatten())
        width = nn.Sequential(*parts)(x[:1]).shape[1]
        model = nn.Sequential(*parts, nn.Linear(width, 32), nn.ReLU(), nn.Linear(32, 1))
    adam = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7)
    entropy = nn.BCEWithLogitsLoss()
    times = []
    for epoch in range(${epochs}):
        start = time.perf_counter(); order = torch.randperm(rows); total = 0.0
        for i in range(0, rows, ${batch}):
            take = order[i:i + ${batch}]
            adam.zero_grad(); loss = entropy(model(x[take])[:, 0], y[take]); loss.backward(); adam.step()
            total += loss.item() * len(take)
        times.append(time.perf_counter() - start)
    out.append({'seconds': sorted(times)[${epochs} // 2], 'loss': total / rows})
print(json.dumps({'version': torch.__version__, 'runs': out}))
`

interface Torch {
  version: string
  runs: { seconds: number; loss: number }[]
}

const torchOn = (net: (typeof nets)[number], data: NetData): Torch | string => {
  const folder = mkdtempSync(join(tmpdir(), 'bedside-neural-'))
  try {
    writeFileSync(join(folder, 'nets.json'), JSON.stringify([net]))
    writeFileSync(join(folder, 'values0'), data.pictures ?? data.steps?.values ?? data.values)
    writeFileSync(join(folder, 'targets0'), data.targets)
    const python = spawnSync('/usr/bin/python3', ['-c', script, folder], { encoding: 'utf8' })
    if (python.error) return python.error.message
    if (python.status !== 0) return python.stderr.trim().split('\n').at(-1) ?? 'failed'
    return JSON.parse(python.stdout) as Torch
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export async function run() {
  const backend = await openTensorFlow()
  console.log(
    `Training at a batch of ${batch}, seconds an epoch of 1,024 rows (median of ${epochs}; TensorFlow.js: 1 epoch)`,
  )
  const options: NetOptions = { loss: 'binary', batchSize: batch, optimiser: 'adam', l2: 0, weightDecay: 0 }
  for (const net of nets) {
    const { name, rows, tensorflowRows, front } = net
    const data = dataOf(net)
    const shape: NetShape = { inputs: 0, hidden: [32], outputs: 1, front }
    const start = () => initialWeights(shape, [0], randomOf(7))
    const each = 1024 / rows
    const fused = measure(fusedEngine(data, shape, start(), options), rows, epochs)
    const tf = measure(tensorflowEngine(backend, data, shape, start(), options), tensorflowRows, 1)
    const torch = torchOn(net, data)
    const peer = typeof torch === 'string' ? null : torch
    const torchSeconds = peer ? peer.runs[0].seconds * each : null
    console.log(`  ${name}${peer ? '' : ` (torch skipped: ${torch})`}`)
    const line = (who: string, seconds: number, loss: number | null, verdict: boolean) => {
      const ratio = torchSeconds ? seconds / torchSeconds : null
      const says = ratio === null || !verdict ? '' : `  ${ratio <= promised ? 'PASS' : 'FAIL'} (at most ${promised} x)`
      console.log(
        `    ${who.padEnd(24)} ${seconds.toFixed(3).padStart(7)} s${ratio === null ? '' : `  ${ratio.toFixed(2).padStart(6)} x torch`}${loss === null ? '' : `  loss ${loss.toFixed(4)}`}${says}`,
      )
    }
    if (peer && torchSeconds) line(`torch ${peer.version}, 1 thread`, torchSeconds, peer.runs[0].loss, false)
    line(`TensorFlow.js (${backend.name})`, (tf.seconds * 1024) / tensorflowRows, null, true)
    line('Bedside (fused)', fused.seconds * each, fused.loss, true)
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await run()
