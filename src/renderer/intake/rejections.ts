import type { RowError } from '../../contract/intake.ts'
import { client } from '../api.ts'

const most = 1000

/** Every rejected row of a batch, in the order of the file. */
export const allRejections = async (batch: number, total: number): Promise<RowError[]> => {
  const list: RowError[] = []
  while (list.length < total) {
    const { errors } = await client.intake.rejections({ batch, offset: list.length, limit: most })
    if (errors.length === 0) break
    list.push(...errors)
  }
  return list
}
