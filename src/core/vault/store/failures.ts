import {
  BedsideError,
  conflict,
  type Fault,
  faultOf,
  invalidInput,
  issue,
  locked,
  notAllowed,
  notFound,
  storageFailed,
} from '../../../contract/errors.ts'
import type { Said } from '../../../contract/say.ts'

/** Everything that can go wrong with a vault on disk, each with its own reason and sentence. */
export const vaultMissing = (path: string) => notFound('vaultMissing', { path })

export const notAVault = (path: string, why: Fault) => storageFailed('notAVault', { path, why: faultOf(why) })

export const vaultTruncated = (path: string, options?: ErrorOptions) =>
  storageFailed('vaultTruncated', { path }, options)

export const vaultDamaged = (path: string, what: Fault, options?: ErrorOptions) =>
  storageFailed('vaultDamaged', { path, what: faultOf(what) }, options)

/** Records of a study contradict each other: what the ciphers' page checks cannot see. */
export const studyDamaged = (study: string, what: Fault) =>
  storageFailed('studyDamaged', { study, what: faultOf(what) })

export const vaultNewer = (path: string, found: number, known: number) =>
  storageFailed('vaultNewer', { path, found, known })

export const wrongPassphrase = () => notAllowed('wrongPassphrase')

export const wrongRecoveryCode = () => notAllowed('wrongRecoveryCode')

export const mistypedRecoveryCode = () => invalidInput('mistypedRecoveryCode', {}, [issue('code', 'mistyped')])

export const throttled = (seconds: number) => notAllowed('throttled', { seconds })

/** The shell has no keychain: a command line or the server. */
export const boundToKeychain = () => notAllowed('boundToKeychain')

/** There is a keychain, and the secret is not in it. */
export const boundElsewhere = () => notAllowed('boundElsewhere')

/** There was a keychain when the key was bound. */
export const keychainUnavailable = (backend: string) => notAllowed('keychainUnavailable', { backend })

export const noKeychain = () => conflict('noKeychain')

export const keychainPretends = (backend: string) => conflict('keychainPretends', { backend })

export const noWayBack = () => conflict('noWayBack')

export const vaultExists = (path: string) => conflict('vaultExists', { path })

export const folderNotEmpty = (path: string) => conflict('folderNotEmpty', { path })

export const notAFolder = (path: string) => invalidInput('notAFolder', { path }, [issue(path, 'isAFile')])

export const vaultInUse = (path: string, options?: ErrorOptions) => conflict('vaultInUse', { path }, options)

export const vaultClosed = () => locked('vaultClosed')

export const diskFull = (path: string, options?: ErrorOptions) => storageFailed('diskFull', { path }, options)

const readOnly = (path: string, options?: ErrorOptions) => storageFailed('readOnly', { path }, options)

const diskFailed = (path: string, what: string, options?: ErrorOptions) =>
  storageFailed('diskFailed', { path, what }, options)

export const backupMissing = (path: string) => notFound('backupMissing', { path })

export const notABackup = (path: string) => storageFailed('notABackup', { path })

/** `part`: the file of the backup that is damaged. */
export const backupDamaged = (path: string, part: string) => storageFailed('backupDamaged', { path, part })

export const backupNewer = (path: string) => storageFailed('backupNewer', { path })

export const backupFolderMissing = (path: string) => notFound('backupFolderMissing', { path })

export const backupInsideVault = (path: string) =>
  invalidInput('backupInsideVault', { path }, [issue('folder', 'inTheVault')])

export const backupDiskFull = (path: string, options?: ErrorOptions) =>
  storageFailed('backupDiskFull', { path }, options)

export const restoreDiffers = (path: string, what: Said) => storageFailed('restoreDiffers', { path, what })

/**
 * Turns an error of SQLite or of the file system into the failure a user can act on. Anything else comes back as it
 * was: a broken constraint or a faulty statement is a bug of ours.
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
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return vaultDamaged(path, 'partUndeciphered', cause)
  if (/^(SQLITE_IOERR|SQLITE_PROTOCOL|EIO$)/.test(code)) return diskFailed(path, code, cause)
  return error
}
