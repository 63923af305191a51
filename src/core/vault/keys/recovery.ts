import { createHash, randomBytes } from 'node:crypto'

/** Crockford's base32: no I, L, O, U, so that nothing written by hand is read as something else. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const randomCharacters = 26
const checkCharacters = 2
const group = 4

/** 130 random bits as 26 characters, two that check them, in groups of four. */
export const makeRecoveryCode = (): string => {
  const bytes = randomBytes(randomCharacters)
  const characters = Array.from(bytes, (byte) => alphabet[byte & 31]).join('')
  bytes.fill(0)
  return grouped(characters + checkOf(characters))
}

/**
 * The code as it was made, whatever case, spaces, dashes and look-alikes it was typed with; null where it was mistyped.
 */
export const readRecoveryCode = (typed: string): string | null => {
  const characters = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\u2010-\u2015\-_.]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
  if (characters.length !== randomCharacters + checkCharacters) return null
  if ([...characters].some((character) => !alphabet.includes(character))) return null
  const random = characters.slice(0, randomCharacters)
  return checkOf(random) === characters.slice(randomCharacters) ? grouped(characters) : null
}

/** Ten bits of a hash: one mistyped, swapped or missing character in a thousand goes unnoticed, and opens nothing. */
const checkOf = (characters: string): string => {
  const digest = createHash('sha256').update(`bedside-recovery-1:${characters}`).digest()
  return Array.from(digest.subarray(0, checkCharacters), (byte) => alphabet[byte & 31]).join('')
}

const grouped = (characters: string): string => characters.match(new RegExp(`.{${group}}`, 'g'))?.join('-') ?? ''

/** The page to print and lock away. Names the vault and whose kit it is, so that it is found when it is needed. */
export const recoveryText = (kit: { code: string; vault: string; displayName: string; createdAt: string }) => {
  const day = kit.createdAt.slice(0, 10)
  return {
    en: [
      'Bedside recovery kit',
      `Recovery code: ${kit.code}`,
      `Made for: ${kit.displayName}`,
      `Vault: ${kit.vault}`,
      `Made on: ${day}`,
      'Whoever holds this page and the vault can read every record in it. Keep it in a locked place, away from the computer.',
      'If the passphrase is lost: choose "Use a recovery code" where the vault is unlocked, type the code, set a new passphrase.',
      'The code works once. Make a new kit afterwards; making one makes this page worthless.',
    ],
    zh: [
      'Bedside 恢复文件',
      `恢复码：${kit.code}`,
      `所属用户：${kit.displayName}`,
      `保险库：${kit.vault}`,
      `制作日期：${day}`,
      '持有本页和保险库的人可以读取其中的全部病历。请锁好存放，并与计算机分开。',
      '口令短语遗失时：在解锁页面选择“使用恢复码”，输入恢复码，设置新的口令短语。',
      '恢复码只能使用一次。使用后请制作新的恢复文件；制作新文件后，本页即告作废。',
    ],
  }
}
