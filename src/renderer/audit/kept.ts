import { type Checkpoint, CheckpointSchema } from '../../contract/audit.ts'

export type Kept =
  | { file: string; checkpoints: Checkpoint[] }
  /** `line` 0: the file as a whole. */
  | { file: string; line: number }

/** Checkpoints of a file that was kept elsewhere: one JSON document, however it is laid out, or one a line. */
export const keptIn = (file: string, text: string): Kept => {
  const whole = parsed(text)
  if (whole) return { file, checkpoints: [whole] }
  const lines = text
    .split('\n')
    .map((content, index) => ({ content: content.trim(), line: index + 1 }))
    .filter(({ content }) => content !== '')
  const checkpoints: Checkpoint[] = []
  for (const { content, line } of lines) {
    const checkpoint = parsed(content)
    if (!checkpoint) return { file, line: lines.length > 1 && checkpoints.length > 0 ? line : 0 }
    checkpoints.push(checkpoint)
  }
  return checkpoints.length > 0 ? { file, checkpoints } : { file, line: 0 }
}

const parsed = (text: string): Checkpoint | null => {
  try {
    const found = CheckpointSchema.safeParse(JSON.parse(text))
    return found.success ? found.data : null
  } catch {
    return null
  }
}
