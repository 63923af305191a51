import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { incidentOf } from './incident.ts'

const patient = 'Wilhelmina Unmistakable'
const logged = (error: unknown): string => {
  const lines: string[] = []
  const failure = incidentOf(error, (line) => lines.push(line))
  expect(JSON.stringify(failure)).not.toContain(patient)
  return lines.join('\n')
}

test('the log of an incident says where, and never what a message held', () => {
  const line = logged(new TypeError(`No such patient: ${patient}`))
  expect(line).toMatch(/^incident [0-9a-f]{8}: TypeError\n\s+at .*incident\.test\.ts:\d+:\d+/)
  expect(line).not.toContain(patient)
})

test('a note that reads like a stack frame is still no frame', () => {
  const notes = [
    `Bad row\n    at home since Monday, ${patient}`,
    `Bad row\n    at ${patient} (ward.csv:3:7)`,
    `\n    at ${patient}:1:2`,
  ]
  for (const note of notes) expect(logged(new Error(note))).not.toContain(patient)
  const renamed = Object.assign(new Error('x'), { name: patient })
  expect(logged(renamed)).not.toContain(patient)
  const coded = Object.assign(new Error('x'), { code: patient, stack: `Error: ${patient}\n at ${patient}` })
  expect(logged(coded)).not.toContain(patient)
  for (const thrown of [patient, { patient }, null]) expect(logged(thrown)).not.toContain(patient)
  // The stack was made before the message was changed.
  const changed = new Error(`earlier\n    at ${patient}`)
  changed.message = 'later'
  expect(logged(changed)).not.toContain(patient)
})

test('a process that dies of an error nobody caught prints no patient, neither of a throw nor of a promise', () => {
  const source = new URL('./incident.ts', import.meta.url).href
  for (const death of [
    `setTimeout(() => { throw new Error(${JSON.stringify(patient)}) })`,
    `Promise.reject(new Error(${JSON.stringify(patient)}))`,
    `Promise.reject(${JSON.stringify(patient)})`,
  ]) {
    const script = `
      const { endOnIncident } = await import(${JSON.stringify(source)})
      endOnIncident((line) => process.stderr.write(line + '\\n'))
      ${death}
      setTimeout(() => {}, 5000)`
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    })
    expect(status).toBe(70)
    expect(stderr).toMatch(/^incident [0-9a-f]{8}: /m)
    expect(stdout + stderr).not.toContain(patient)
  }
})
