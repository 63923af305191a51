import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Catalogues,
  cataloguesOf,
  createTexts,
  fileOfTexts,
  type Texts,
  type TextTree,
} from '../contract/texts.ts'

/** Catalogues of an installation: `resources/texts/<room>.<language>.json`. */
export const readCatalogues = (resources: string): Catalogues => {
  const folder = join(resources, 'texts')
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as TextTree
  return cataloguesOf(
    Object.fromEntries(
      readdirSync(folder)
        .filter((name) => fileOfTexts(name))
        .map((name) => [name, read(name)]),
    ),
  )
}

const loaded = new Map<string, Texts>()

/** Texts of an installation, read once a process. */
export const textsAt = (resources: string): Texts => {
  const known = loaded.get(resources) ?? createTexts(readCatalogues(resources))
  loaded.set(resources, known)
  return known
}
