import { isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'
import type { CsvDialect } from '../../../../contract/intake.ts'

export type Encoding = CsvDialect['encoding']

export interface EncodingGuess {
  encoding: Encoding
  /** The file says so itself, by a byte order mark. */
  marked: boolean
  /** False where another encoding is nearly as likely: the person importing should look at the names. */
  certain: boolean
  /** Bytes that are malformed in the encoding chosen, among the bytes looked at closely. */
  malformed: number
}

/**
 * Guesses the encoding of a file handed over piece by piece. Every byte is looked at, so that one Latin-1 name in the
 * last row does not pass as UTF-8; only the statistics that tell GB18030 from Windows-1252 stop after 8 MiB of such
 * text.
 */
export const createEncodingScan = () => {
  const head: number[] = []
  const tally = { utf8: 0, utf8Malformed: 0, gbCommon: 0, gbRare: 0, gbMalformed: 0, latinUndefined: 0 }
  let carried: Uint8Array = new Uint8Array(0)
  let examined = 0
  let zerosEven = 0
  let zerosOdd = 0
  let seen = 0

  const push = (piece: Uint8Array): void => {
    for (let i = 0; i < piece.length && head.length < 4; i++) head.push(piece[i])
    for (let i = 0; i < piece.length && seen + i < 65536; i++)
      if (piece[i] === 0) (seen + i) % 2 === 0 ? zerosEven++ : zerosOdd++
    seen += piece.length
    const bytes = carried.length > 0 ? Buffer.concat([carried, piece]) : piece
    // A piece is looked at up to a byte that is a character of its own in every encoding, so that none is cut in two.
    const whole = wholeCharacters(bytes)
    if (whole === 0 && bytes.length < mostCarried) {
      carried = bytes
      return
    }
    const end = whole > 0 ? whole : bytes.length - unfinishedUtf8(bytes)
    carried = bytes.slice(end)
    examine(bytes.subarray(0, end))
  }

  const examine = (bytes: Uint8Array): void => {
    if (isUtf8(bytes)) {
      if (tally.utf8 < 1000 && examined < mostExamined) countUtf8(bytes.subarray(0, 65536), tally)
      return
    }
    countUtf8(bytes, tally)
    if (examined < mostExamined) countLegacy(bytes, tally)
    examined += bytes.length
  }

  const finish = (): EncodingGuess => {
    if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf)
      return { encoding: 'utf-8', marked: true, certain: true, malformed: tally.utf8Malformed }
    if (head[0] === 0xff && head[1] === 0xfe)
      return { encoding: 'utf-16le', marked: true, certain: true, malformed: seen % 2 }
    if (head[0] === 0xfe && head[1] === 0xff)
      return { encoding: 'utf-16be', marked: true, certain: true, malformed: seen % 2 }
    const pairs = Math.floor(Math.min(seen, 65536) / 2)
    if (pairs > 0 && zerosOdd >= pairs * 0.1 && zerosEven <= zerosOdd * 0.02)
      return { encoding: 'utf-16le', marked: false, certain: true, malformed: seen % 2 }
    if (pairs > 0 && zerosEven >= pairs * 0.1 && zerosOdd <= zerosEven * 0.02)
      return { encoding: 'utf-16be', marked: false, certain: true, malformed: seen % 2 }

    examine(carried)
    if (tally.utf8Malformed === 0) return { encoding: 'utf-8', marked: false, certain: true, malformed: 0 }
    if (tally.utf8 >= tally.utf8Malformed * 2)
      return { encoding: 'utf-8', marked: false, certain: false, malformed: tally.utf8Malformed }
    const chinese = tally.gbCommon + tally.gbRare
    const certain = chinese + tally.gbMalformed >= 4
    if (tally.gbMalformed <= chinese * 0.02 && tally.gbCommon >= chinese * 0.5)
      return { encoding: 'gb18030', marked: false, certain, malformed: tally.gbMalformed }
    return { encoding: 'windows-1252', marked: false, certain, malformed: tally.latinUndefined }
  }

  return { push, finish }
}

export interface Decoder {
  /** Text of the bytes so far; a character cut at the border comes with the next piece. */
  write: (bytes: Uint8Array) => string
  end: () => string
}

/**
 * Decodes a stream of bytes. A byte order mark at the start is dropped. Whatever is malformed becomes U+FFFD, never
 * something plausible: the rows that hold it are rejected as `badEncoding`.
 */
export const createDecoder = (encoding: Encoding): Decoder => {
  if (encoding === 'gb18030') return createAlignedDecoder(encoding)
  if (encoding !== 'utf-16le' && encoding !== 'utf-16be') {
    const decoder = iconv.getDecoder(encoding, { stripBOM: true })
    return { write: (bytes) => decoder.write(asBuffer(bytes)), end: () => decoder.end() ?? '' }
  }
  const decoder = iconv.getDecoder('utf-16le', { stripBOM: true })
  let odd: Uint8Array = new Uint8Array(0)
  return {
    write: (bytes) => {
      const joined = Buffer.concat([odd, bytes])
      const whole = joined.length - (joined.length % 2)
      odd = joined.subarray(whole)
      const units = joined.subarray(0, whole)
      if (encoding === 'utf-16be') units.swap16()
      return wellFormed(decoder.write(units))
    },
    end: () => `${wellFormed(decoder.end() ?? '')}${odd.length > 0 ? '\uFFFD' : ''}`,
  }
}

/**
 * iconv-lite 0.7 loses the bytes after a malformed double-byte character when a piece ends inside it: a comma or line
 * ending may vanish. So it is only given whole characters: each piece up to its last byte that can be none but itself.
 */
const createAlignedDecoder = (encoding: Encoding): Decoder => {
  let carried: Uint8Array = new Uint8Array(0)
  const decode = (bytes: Uint8Array): string => {
    const decoder = iconv.getDecoder(encoding)
    return wellFormed(decoder.write(asBuffer(bytes)) + (decoder.end() ?? ''))
  }
  return {
    write: (bytes) => {
      const joined = carried.length > 0 ? Buffer.concat([carried, bytes]) : bytes
      const whole = wholeCharacters(joined)
      carried = joined.slice(whole)
      return whole === 0 ? '' : decode(joined.subarray(0, whole))
    },
    end: () => decode(carried),
  }
}

/** Bytes up to the last one below 0x30 (space, comma, line ending), which is part of no longer character. */
const wholeCharacters = (bytes: Uint8Array): number => {
  for (let end = bytes.length; end > 0; end--) if (bytes[end - 1] < 0x30) return end
  return 0
}

/** Half a surrogate pair is no character. */
const wellFormed = (text: string): string =>
  text.replaceAll(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD')

const mostExamined = 8 << 20
const mostCarried = 1 << 20

type Tally = {
  utf8: number
  utf8Malformed: number
  gbCommon: number
  gbRare: number
  gbMalformed: number
  latinUndefined: number
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Bytes at the end that begin a UTF-8 character without finishing it. */
const unfinishedUtf8 = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]
    if (byte < 0x80) return 0
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return length > back ? back : 0
    }
  }
  return 0
}

/** Well-formed sequences, longer ones weighing more (chance seldom makes them), against bytes that fit nowhere. */
const countUtf8 = (bytes: Uint8Array, tally: Tally): void => {
  for (let i = 0; i < bytes.length; ) {
    const byte = bytes[i]
    if (byte < 0x80) {
      i++
      continue
    }
    const length =
      byte >= 0xc2 && byte < 0xe0 ? 2 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xf0 && byte < 0xf5 ? 4 : 0
    if (length > 0 && i + length <= bytes.length && isUtf8(bytes.subarray(i, i + length))) {
      tally.utf8 += length - 1
      i += length
    } else {
      tally.utf8Malformed++
      i++
    }
  }
}

/**
 * Reads the same bytes as GB18030. Common Chinese (the GB 2312 plane) has both bytes at 0xA1 or above; Western text in
 * Windows-1252 has single high bytes before a letter, which are at best rare characters of GBK, or before a comma,
 * which is malformed.
 */
const countLegacy = (bytes: Uint8Array, tally: Tally): void => {
  for (let i = 0; i < bytes.length; ) {
    const byte = bytes[i]
    if (byte < 0x80) {
      i++
      continue
    }
    if (byte === 0x81 || byte === 0x8d || byte === 0x8f || byte === 0x90 || byte === 0x9d) tally.latinUndefined++
    const next = i + 1 < bytes.length ? bytes[i + 1] : 0
    const isLead = byte >= 0x81 && byte <= 0xfe
    if (
      isLead &&
      next >= 0x30 &&
      next <= 0x39 &&
      bytes[i + 2] >= 0x81 &&
      bytes[i + 3] >= 0x30 &&
      bytes[i + 3] <= 0x39
    ) {
      tally.gbCommon++
      i += 4
    } else if (isLead && byte >= 0xa1 && next >= 0xa1 && next <= 0xfe) {
      tally.gbCommon++
      i += 2
    } else if (isLead && next >= 0x40 && next <= 0xfe && next !== 0x7f) {
      tally.gbRare++
      i += 2
    } else {
      tally.gbMalformed++
      i++
    }
  }
}
