/** Header words reduced to what can be compared: `Alk.Phos`, `alk_phos` and `ALK PHOS` are the same. */
export const headerWords = (header: string): string =>
  header
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s._\-–:：/]+/g, ' ')
    .trim()

/** As `headerWords`, with brackets taken for spaces and `dateOfBirth` for three words: for words within a header. */
export const separatedWords = (header: string): string =>
  headerWords(
    header
      .normalize('NFKC')
      .replace(/([a-z\d])([A-Z])/g, '$1 $2')
      .replaceAll(/[()（）[\]]+/g, ' '),
  )
