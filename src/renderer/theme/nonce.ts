/** The nonce of this page (contract/csp.ts), which Vite's build leaves in a meta element and the shell fills in. */
export const styleNonce = (): string =>
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
