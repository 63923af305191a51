import type { Checkpoint, Finding } from '../../../contract/audit.ts'
import { entryHash } from './audit.ts'

/** A checkpoint that the chain has to agree with; `known`: the database holds it too. */
export interface Mark {
  checkpoint: Checkpoint
  known: boolean
}

/** An entry as it lies in the table: sequence, at, actor, act, record, outcome, previous, hash. */
export type ChainRow = [number, string, string, string, string | null, string, string, string]

/** How far from its place an entry that fits no hash there is looked for. */
const reach = 64
/** Entries that all stand as many places off were moved by an insertion or a deletion before them. */
const steady = 64
/** Bad entries that are looked at closely; a log rewritten from end to end is told without. */
const mostClose = 1000
const mostPairs = 200

/**
 * Walks the chain entry by entry and tells what was done to it. An entry's number is part of its hash, so one that only
 * fits under another number has been moved: by as many places as its neighbours after an insertion or a deletion, by
 * another number of places after a reordering.
 */
export const createChainWalk = (marks: readonly Mark[]) => {
  const findings: Finding[] = []
  const byCount = new Map<number, Mark[]>()
  for (const mark of marks) {
    const { count } = mark.checkpoint
    byCount.set(count, [...(byCount.get(count) ?? []), mark])
  }
  const edited: ChainRow[] = []
  /** Entries that fit under another number only, since the last that fitted. */
  let moved: { row: ChainRow; original: number }[] = []
  /** Places that entries stand after where they were written. */
  let shift = 0
  let expected = 1
  /** Hash of the entry that was written before; null where that cannot be said. */
  let previous: string | null = ''
  /** Number of the entry that tells that the tail was found cut when the vault was opened. */
  let cutFound: number | null = null
  let count = 0
  let head = ''
  let closely = 0
  /** Last entry that agreed with a checkpoint, and whether anything was found since. */
  let agreed = 0
  let foundAtAgreed = 0

  const find = (
    fault: Finding['fault'],
    from: number | null,
    to: number | null,
    message: string,
    checkpoint: number | null = null,
  ) => {
    findings.push({ fault, from, to, checkpoint, message })
  }
  const entries = (from: number, to: number) => (from === to ? `Entry ${from}` : `Entries ${from} to ${to}`)
  const was = (from: number, to: number) => (from === to ? 'was' : 'were')

  const fits = (row: ChainRow, sequence: number): boolean =>
    entryHash({ sequence, at: row[1], actor: row[2], act: row[3], record: row[4], outcome: row[5] }, row[6]) === row[7]

  const placeOf = (row: ChainRow, near: number): number | null => {
    if (closely >= mostClose) return null
    closely++
    for (let away = 1; away <= reach; away++) {
      if (fits(row, near + away)) return near + away
      if (near - away > 0 && fits(row, near - away)) return near - away
    }
    return null
  }

  const noteEdited = (sequence: number) => {
    const last = findings.at(-1)
    if (last?.fault === 'edited' && last.to === sequence - 1) {
      last.to = sequence
      last.message = editedText(last.from as number, sequence)
    } else find('edited', sequence, sequence, editedText(sequence, sequence))
  }
  const editedText = (from: number, to: number) =>
    `${entries(from, to)} ${was(from, to)} changed after ${from === to ? 'it was' : 'they were'} written.`

  const deletedText = (from: number, to: number) => `${entries(from, to)} ${was(from, to)} deleted.`

  /** An insertion or a deletion has moved entries by one number of places; `lasting`: all from here on. */
  const settleShift = (lasting: boolean) => {
    const [first] = moved
    const at = first.row[0]
    const off = first.original - (at - shift)
    if (off > 0) {
      const [from, to] = [first.original - off, first.original - 1]
      find('deleted', from, to, deletedText(from, to))
    } else {
      const [from, to] = [at + off, at - 1]
      // The inserted one itself may have been taken for an entry that was changed.
      for (let i = findings.length - 1; i >= 0 && (findings[i].from ?? -1) >= from; i--)
        if (findings[i].fault === 'edited' || findings[i].fault === 'rewritten') findings.splice(i, 1)
      find('inserted', from, to, `${entries(from, to)} ${was(from, to)} put in between others afterwards.`)
    }
    if (lasting) shift -= off
    const last = moved[moved.length - 1]
    expected = last.original + 1
    previous = last.row[7]
    for (const { row, original } of moved) compare(original, row[7])
    moved = []
  }

  const isUniform = (): boolean =>
    moved.length > 0 && moved.every(({ row, original }) => original - row[0] === moved[0].original - moved[0].row[0])

  /** The next entry stands where it was written, so whatever was moved was moved among these. */
  const settleMoved = () => {
    if (moved.length === 0) return
    if (isUniform() && moved.length > 1) return settleShift(false)
    const places = moved.map(({ row }) => row[0])
    const [from, to] = [places[0], places[places.length - 1]]
    find('reordered', from, to, `${entries(from, to)} ${was(from, to)} put in another order.`)
    previous = moved.find(({ original }) => original === to - shift)?.row[7] ?? null
    expected = to - shift + 1
    moved = []
  }

  const tellCut = (from: number, { number, at, count: signed }: Checkpoint) =>
    find(
      'cutTail',
      from,
      signed,
      `The end of the log was cut off, from entry ${from} on: checkpoint ${number} of ${at} was signed over ${signed} entries.`,
      number,
    )

  /** The entries up to `original` fit each other; do they fit what was signed? */
  const compare = (original: number, hash: string) => {
    const here = byCount.get(original)
    if (!here) return
    byCount.delete(original)
    for (const { checkpoint, known } of here) {
      if (checkpoint.head === hash) {
        if (!known)
          find(
            'checkpointMissing',
            null,
            null,
            `Checkpoint ${checkpoint.number} fits the log, but the vault does not hold it any more.`,
            checkpoint.number,
          )
        agreed = original
        foundAtAgreed = findings.length
      } else if (!known)
        find(
          'olderCopy',
          agreed + 1,
          original,
          `Checkpoint ${checkpoint.number} of ${checkpoint.at} stands for other entries (${agreed + 1} to ${original}) than this database holds: it is an older copy that was used further, or was rewritten.`,
          checkpoint.number,
        )
      // What the chain has shown by itself is not said twice.
      else if (cutFound !== null && cutFound > agreed) tellCut(cutFound, checkpoint)
      else if (findings.length === foundAtAgreed)
        find(
          'rewritten',
          agreed + 1,
          original,
          `Among entries ${agreed + 1} to ${original} some were rewritten together with the hashes: they do not fit checkpoint ${checkpoint.number} of ${checkpoint.at}.`,
          checkpoint.number,
        )
    }
  }

  const accept = (row: ChainRow, original: number) => {
    if (original > expected) find('deleted', expected, original - 1, deletedText(expected, original - 1))
    // This entry is whole, so the one before was given a new hash along with its new content.
    else if (previous !== null && row[6] !== previous) noteEdited(Math.max(row[0] - 1, 1))
    expected = original + 1
    previous = row[7]
    compare(original, row[7])
  }

  return {
    take: (row: ChainRow): void => {
      const sequence = row[0]
      const before = head
      count++
      head = row[7]
      if (sequence < 1) {
        find('inserted', sequence, sequence, `An entry with the impossible number ${sequence} was put in.`)
        return
      }
      // The first since the last agreement: later ones only say it again.
      if (row[3] === 'audit.alarm' && row[5] === 'found: cutTail' && (cutFound ?? 0) <= agreed) cutFound = sequence
      // Written after whatever was done to the entries before: it goes on from what it found.
      if ((shift !== 0 || moved.length > 0) && row[6] === before && fits(row, sequence)) {
        if (isUniform()) settleShift(true)
        settleMoved()
        shift = 0
        expected = sequence
        previous = before
      }
      const original = sequence - shift
      if (fits(row, original)) {
        settleMoved()
        accept(row, original)
        return
      }
      const place = placeOf(row, original)
      if (place === null) {
        noteEdited(sequence)
        if (edited.length < mostPairs) edited.push(row)
        if (original > expected) find('deleted', expected, original - 1, deletedText(expected, original - 1))
        expected = original + 1
        previous = row[7]
        compare(original, row[7])
        return
      }
      moved.push({ row, original: place })
      const off = place - original
      if (moved.length >= steady && moved.every(({ row: [at], original: from }) => from - (at - shift) === off))
        settleShift(true)
    },

    end: (): { findings: Finding[]; count: number; head: string } => {
      if (isUniform()) settleShift(true)
      settleMoved()
      const held = expected - 1
      const open = [...byCount.values()].flat().filter(({ checkpoint }) => checkpoint.count > held)
      const cut = open.filter(({ known }) => known).sort((a, b) => b.checkpoint.count - a.checkpoint.count)[0]
      if (cut) tellCut(Math.min(cutFound ?? held + 1, cut.checkpoint.count), cut.checkpoint)
      const newer = open.filter(({ known }) => !known).sort((a, b) => b.checkpoint.count - a.checkpoint.count)[0]
      if (newer && !findings.some(({ fault }) => fault === 'olderCopy'))
        find(
          'olderCopy',
          agreed + 1,
          newer.checkpoint.count,
          `The database is an older copy: it holds ${held} entries and knows nothing of checkpoint ${newer.checkpoint.number} of ${newer.checkpoint.at}, which was signed over ${newer.checkpoint.count}.`,
          newer.checkpoint.number,
        )
      swapped(edited, fits).forEach(([a, b]) => {
        for (const row of [a, b]) {
          const at = findings.findIndex(({ fault, from, to }) => fault === 'edited' && from === row[0] && to === row[0])
          if (at >= 0) findings.splice(at, 1)
        }
        find('reordered', a[0], b[0], `Entries ${a[0]} and ${b[0]} have changed places.`)
      })
      return { findings, count, head }
    },
  }
}

/** Pairs of entries whose contents fit each other's hash: they have changed places, and the hashes have stayed. */
const swapped = (
  rows: readonly ChainRow[],
  fits: (row: ChainRow, sequence: number) => boolean,
): [ChainRow, ChainRow][] => {
  const pairs: [ChainRow, ChainRow][] = []
  const contentOf = (content: ChainRow, place: ChainRow): ChainRow => [
    place[0],
    content[1],
    content[2],
    content[3],
    content[4],
    content[5],
    place[6],
    place[7],
  ]
  for (let i = 0; i < rows.length; i++)
    for (let j = i + 1; j < rows.length; j++)
      if (fits(contentOf(rows[i], rows[j]), rows[j][0]) && fits(contentOf(rows[j], rows[i]), rows[i][0]))
        pairs.push([rows[i], rows[j]])
  return pairs
}
