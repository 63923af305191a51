/**
 * The content security policy of the renderer, the same in every shell (app:// and loopback HTTP).
 *
 * Nothing is fetched but from the renderer's own origin, no inline script runs, nothing is evaluated. Mantine writes
 * its theme variables and responsive rules into `<style>` elements, so styles need a nonce (never 'unsafe-inline'): the
 * shell draws a fresh one for each page it serves, puts it into the header and, with `withNonce`, into the page. Style
 * attributes that React sets go through the CSSOM and need nothing.
 */
export const contentSecurityPolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ')

/** Stands in the built index.html where the nonce belongs. */
export const noncePlaceholder = '__BEDSIDE_NONCE__'

/** The page with its nonce: 128 random bits in base64 or hex, fresh for each reply. */
export const withNonce = (html: string, nonce: string): string => html.replaceAll(noncePlaceholder, nonce)
