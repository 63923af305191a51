import {
  BedsideError,
  conflict,
  invalidInput,
  locked,
  notAllowed,
  notFound,
  storageFailed,
} from '../../../contract/errors.ts'

/** Everything that can go wrong with a vault on disk, each with its own reason and sentence. */
export const vaultMissing = (path: string) =>
  notFound('vaultMissing', `There is no vault at ${path}. Create one there, or name the folder of an existing vault.`, {
    path,
  })

export const notAVault = (path: string, why: string) =>
  storageFailed('notAVault', `${path} is not a Bedside vault: ${why}. Choose the folder of a vault.`, { path })

export const vaultTruncated = (path: string, options?: ErrorOptions) =>
  storageFailed(
    'vaultTruncated',
    `The vault file ${path} is cut short: part of it is missing. Restore the vault from its latest backup.`,
    { path },
    options,
  )

export const vaultDamaged = (path: string, what: string, options?: ErrorOptions) =>
  storageFailed(
    'vaultDamaged',
    `The vault at ${path} is damaged: ${what}. Restore the vault from its latest backup.`,
    { path },
    options,
  )

/** Records of a study contradict each other: what the ciphers' page checks cannot see. */
export const studyDamaged = (study: string, what: string) =>
  storageFailed(
    'studyDamaged',
    `The records of study ${study} are damaged: ${what}. Restore the vault from its latest backup.`,
    { study },
  )

export const vaultNewer = (path: string, found: number, known: number) =>
  storageFailed(
    'vaultNewer',
    `The vault at ${path} was written by a newer Bedside (format ${found}, this one reads up to ${known}). Update Bedside.`,
    { path, found, known },
  )

export const wrongPassphrase = () =>
  notAllowed('wrongPassphrase', 'The passphrase is wrong, or it is not that of this user. Type it again.')

export const wrongRecoveryCode = () =>
  notAllowed(
    'wrongRecoveryCode',
    'This recovery code opens nothing here: it was used, replaced, or is of another vault.',
  )

export const mistypedRecoveryCode = () =>
  invalidInput('mistypedRecoveryCode', 'The recovery code was mistyped. Compare it with the printed page.', [
    { path: 'code', reason: 'was mistyped' },
  ])

export const throttled = (seconds: number) =>
  notAllowed('throttled', `Too many wrong passphrases. The next try is possible in ${seconds} s.`, { seconds })

/** The shell has no keychain: a command line or the server. */
export const boundToKeychain = () =>
  notAllowed(
    'boundToKeychain',
    'This key is bound to the keychain of one computer. Open the vault in the desktop window of Bedside there, or use the recovery kit.',
  )

/** There is a keychain, and the secret is not in it. */
export const boundElsewhere = () =>
  notAllowed(
    'boundElsewhere',
    'This key is bound to the keychain of another computer or account. Open the vault there, or use the recovery kit.',
  )

/** There was a keychain when the key was bound. */
export const keychainUnavailable = (backend: string) =>
  notAllowed(
    'keychainUnavailable',
    `This key is bound to the keychain of this computer, which cannot be used now (${backend}). Unlock the keychain, or use the recovery kit.`,
    { backend },
  )

export const noKeychain = () =>
  conflict(
    'noKeychain',
    'Only the desktop window of Bedside can use the keychain of this computer. Nothing was changed.',
  )

export const keychainPretends = (backend: string) =>
  conflict(
    'keychainPretends',
    `This system has no keychain that really keeps a secret (${backend}), so nothing was bound to it. Set up a keychain (GNOME Keyring or KWallet on Linux), sign in again and retry.`,
    { backend },
  )

export const noWayBack = () =>
  conflict(
    'noWayBack',
    'If this computer broke, nobody could open the vault any more. Make a recovery kit first, or keep an administrator whose key is not bound.',
  )

export const vaultExists = (path: string) =>
  conflict('vaultExists', `There is already a vault at ${path}. Unlock it, or choose another folder for a new one.`, {
    path,
  })

export const folderNotEmpty = (path: string) =>
  conflict('folderNotEmpty', `The folder ${path} holds other files. Choose an empty folder for the new vault.`, {
    path,
  })

export const notAFolder = (path: string) =>
  invalidInput('notAFolder', `${path} is a file, so no folder for a vault can be made there. Choose another place.`, [
    { path, reason: 'is a file' },
  ])

export const vaultInUse = (path: string, options?: ErrorOptions) =>
  conflict(
    'vaultInUse',
    `The vault at ${path} is open in another Bedside. Close it there, then unlock it here.`,
    { path },
    options,
  )

export const vaultClosed = () => locked('vaultClosed', 'The vault is locked. Unlock it and try again.')

export const diskFull = (path: string, options?: ErrorOptions) =>
  storageFailed(
    'diskFull',
    `The disk that holds the vault at ${path} is full; nothing was changed. Free some space and try again.`,
    { path },
    options,
  )

export const readOnly = (path: string, options?: ErrorOptions) =>
  storageFailed(
    'readOnly',
    `The vault at ${path} cannot be written: its disk or folder is read-only for you. Nothing was changed.`,
    { path },
    options,
  )

const diskFailed = (path: string, what: string, options?: ErrorOptions) =>
  storageFailed(
    'diskFailed',
    `Reading or writing the vault at ${path} failed (${what}). Check the disk, then try again.`,
    { path, what },
    options,
  )

export const backupMissing = (path: string) =>
  notFound('backupMissing', `There is no backup at ${path}. Name the folder of a backup.`, { path })

export const notABackup = (path: string) =>
  storageFailed('notABackup', `${path} is no backup of a Bedside vault. Name the folder of a backup.`, { path })

/** `part`: the file of the backup that is damaged. */
export const backupDamaged = (path: string, part: string) =>
  storageFailed(
    'backupDamaged',
    `The backup at ${path} is damaged: its ${part} is not what was written. Nothing was restored; use another backup.`,
    { path, part },
  )

export const backupNewer = (path: string) =>
  storageFailed('backupNewer', `The backup at ${path} was made by a newer Bedside. Update Bedside to restore it.`, {
    path,
  })

export const backupFolderMissing = (path: string) =>
  notFound(
    'backupFolderMissing',
    `The folder for backups, ${path}, is not there. Connect its disk or choose another folder.`,
    { path },
  )

export const backupInsideVault = (path: string) =>
  invalidInput(
    'backupInsideVault',
    `${path} lies in the vault itself, and would be lost with it. Choose a folder elsewhere, best on another disk.`,
    [{ path: 'folder', reason: 'lies in the vault' }],
    { path },
  )

export const backupDiskFull = (path: string, options?: ErrorOptions) =>
  storageFailed(
    'backupDiskFull',
    `There is not enough space at ${path} for the backup; nothing of it was left there. Free some space or choose another folder.`,
    { path },
    options,
  )

export const restoreDiffers = (path: string, what: string) =>
  storageFailed(
    'restoreDiffers',
    `What was restored from ${path} is not what was backed up (${what}); it was removed again. Use another backup.`,
    { path, what },
  )

/**
 * Turns an error of SQLite or of the file system into the failure a user can act on. Anything else comes back as it was:
 * a broken constraint or a faulty statement is a bug of ours.
 */
export const storageError = (path: string, error: unknown): unknown => {
  if (error instanceof BedsideError || !(error instanceof Error)) return error
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string') return error
  const cause = { cause: error }
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') return diskFull(path, cause)
  if (/^SQLITE_(READONLY|PERM|CANTOPEN)/.test(code) || ['EROFS', 'EACCES', 'EPERM'].includes(code))
    return readOnly(path, cause)
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return vaultInUse(path, cause)
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code))
    return vaultDamaged(path, 'part of its database cannot be deciphered', cause)
  if (/^(SQLITE_IOERR|SQLITE_PROTOCOL|EIO$)/.test(code)) return diskFailed(path, code, cause)
  return error
}
