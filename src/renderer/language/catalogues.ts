import { type Catalogues, cataloguesOf, type TextTree } from '../../contract/texts.ts'

/** Texts of every view: `<view>/locales/<language>.json` is the namespace `<view>`. */
const views = import.meta.glob<TextTree>('../**/locales/*.json', { eager: true, import: 'default' })
/** Texts of what the core says by code: `resources/texts/<room>.<language>.json` is the namespace `<room>`. */
const rooms = import.meta.glob<TextTree>('../../../resources/texts/*.json', { eager: true, import: 'default' })

/** All texts of the window. */
export const catalogues: Catalogues = cataloguesOf({
  ...Object.fromEntries(
    Object.entries(views).map(([path, texts]) => [
      path.replace(/([^/]+)\/locales\/([^/]+)\.json$/, '$1.$2.json'),
      texts,
    ]),
  ),
  ...rooms,
})
