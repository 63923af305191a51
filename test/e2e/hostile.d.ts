/** This machine's names, and a port of it that listens; answers what was reached. */
export const callOut: (ears: { port: number; hosts: string[] }) => Promise<string[]>
export const roam: () => void
export const privileges: () => string[]
export const askForAll: () => Promise<string[]>
export const reachForFiles: () => Promise<[address: string, answer: number | string][]>
export const talkRubbish: () => Promise<void>
