import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** What a browser that came with the right address holds on to. `T` is what the server keeps for it. */
export interface Sessions<T> {
  /** A fresh one-time token for the address. An earlier one that was not used stands no longer. */
  invite(): string
  /** Whether a token stands that was neither used nor is too old. */
  invites(): boolean
  /** Takes a token, once: a cookie value for the browser, or null where the token is wrong, used or too old. */
  redeem(token: string): string | null
  /** What is kept for a cookie value, or null. */
  find(cookie: string | undefined): T | null
  close(): void
}

export interface SessionOptions<T> {
  open: () => T
  end: (kept: T) => void
  now?: () => number
  /** An unused token stands this long. */
  inviteFor?: number
  /** A session that is not used for this long ends. */
  idleFor?: number
  most?: number
}

const hour = 3_600_000

/**
 * Sessions of the loopback server. Tokens and cookies are 256 random bits; only their SHA-256 is kept, and compared in
 * constant time. A token is good for one browser: whoever reads the address later (shell history, a screenshot) gets
 * nothing by it.
 */
export const createSessions = <T>({
  open,
  end,
  now = Date.now,
  inviteFor = 12 * hour,
  idleFor = 12 * hour,
  most = 32,
}: SessionOptions<T>): Sessions<T> => {
  let invited: { digest: Buffer; at: number } | null = null
  const kept = new Map<string, { value: T; used: number }>()

  const drop = (key: string) => {
    const session = kept.get(key)
    if (!session) return
    kept.delete(key)
    end(session.value)
  }

  const dropIdle = () => {
    for (const [key, session] of kept) if (now() - session.used > idleFor) drop(key)
    // Oldest use first.
    for (const [key] of [...kept].sort((a, b) => a[1].used - b[1].used).slice(0, Math.max(0, kept.size - most + 1)))
      drop(key)
  }

  return {
    invite() {
      const token = randomBytes(32).toString('base64url')
      invited = { digest: digest(token), at: now() }
      return token
    },
    invites: () => invited !== null && now() - invited.at <= inviteFor,
    redeem(token) {
      if (!invited || now() - invited.at > inviteFor || !timingSafeEqual(invited.digest, digest(token))) return null
      invited = null
      dropIdle()
      const cookie = randomBytes(32).toString('base64url')
      kept.set(digest(cookie).toString('hex'), { value: open(), used: now() })
      return cookie
    },
    find(cookie) {
      if (!cookie) return null
      const key = digest(cookie).toString('hex')
      const session = kept.get(key)
      if (!session) return null
      if (now() - session.used > idleFor) {
        drop(key)
        return null
      }
      session.used = now()
      return session.value
    },
    close() {
      invited = null
      for (const key of [...kept.keys()]) drop(key)
    },
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest()
