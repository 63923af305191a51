import { daysAYear } from '../../contract/days.ts'
import type { Said } from '../../contract/say.ts'
import type { Concept } from '../../contract/values.ts'
import { separatedWords } from '../terminology/words.ts'
import { type ExportTextKey, exportText } from './texts.ts'

/** What column names and coded values say about identity. The paragraphs are those of 45 CFR 164.514(b)(2)(i). */

type Identifier = ExportTextKey extends infer Key ? (Key extends `identifier.${infer What}` ? What : never) : never

/** What identifies, by its paragraph or its look, as `identifier.<what>` calls it. */
const identifier = (what: Identifier): Said => exportText(`identifier.${what}`)

/** A column's name and its labels in every language, each as words. */
const namesOf = ({ name, label }: Concept): string[] =>
  [...new Set([name, ...Object.values(label)].map(separatedWords))].filter((words) => words !== '')

const directIdentifiers: readonly { paragraph: Identifier; pattern: RegExp }[] = [
  {
    paragraph: 'A',
    pattern:
      /^(full |first |last |family |given |middle |maiden |patient |pat |mother s? |father s? |spouse |contact |kin |doctor |physician |surgeon |nurse |provider |employer )?names?$|(^| )(surname|forename|initials|next of kin)( |$)|姓名|名字|联系人|监护人|签名/,
  },
  {
    paragraph: 'B',
    pattern:
      /(^| )(address|addr|street|city|town|village|county|district|precinct|municipality|zip|zip ?code|postal ?code|post ?code|postcode|plz|geocode|latitude|longitude|lat|lon|lng|residence)( |$)|地址|住址|邮编|邮政编码|城市|区县|街道|乡镇|村|籍贯|经度|纬度/,
  },
  {
    paragraph: 'D',
    pattern: /(^| )(tele)?(phone|tel|mobile|cell ?phone|pager)( |$)|电话|手机/,
  },
  { paragraph: 'E', pattern: /(^| )fax( |$)|传真/ },
  {
    paragraph: 'F',
    pattern: /(^| )e ?mails?( |$)|邮箱|电子邮件|微信|wechat/,
  },
  {
    paragraph: 'G',
    pattern: /(^| )(ssn|social security|national id|nhs|passport|id card)( |$)|身份证|护照|社保号/,
  },
  {
    paragraph: 'H',
    pattern:
      /(^| )(mrn|medical record|chart|hospital|patient|pat|case|subject|record|admission|accession|visit|encounter|sample|specimen) (no|nr|num|number|id|identifier)( |$)|(^| )mrn( |$)|病历号|病案号|住院号|门诊号|登记号|就诊号|样本号|标本号|患者编号|病人编号/,
  },
  {
    paragraph: 'I',
    pattern:
      /(^| )(insurance|health plan|beneficiary|policy|member|medicare|medicaid) (no|nr|num|number|id)( |$)|医保号|医保卡|保险号/,
  },
  {
    paragraph: 'J',
    pattern: /(^| )(account|iban)( (no|nr|num|number|id))?$|账号|银行卡/,
  },
  {
    paragraph: 'K',
    pattern: /(^| )(licen[cs]e|certificate)( (no|nr|num|number|id))?$|执照|证书号/,
  },
  {
    paragraph: 'L',
    pattern: /(^| )(vehicle|licen[cs]e plate|number plate|vin)( |$)|车牌/,
  },
  {
    paragraph: 'M',
    pattern: /(^| )(serial|udi)( (no|nr|num|number|id))?$|(^| )device (no|nr|num|number|id)( |$)|设备号|序列号/,
  },
  {
    paragraph: 'N',
    pattern: /(^| )(url|website|web page|homepage)( |$)|网址/,
  },
  { paragraph: 'O', pattern: /(^| )ip( address)?$|ip地址/ },
  {
    paragraph: 'P',
    pattern: /(^| )(fingerprint|voice ?print|iris scan|biometric)s?( |$)|指纹|声纹/,
  },
  {
    paragraph: 'Q',
    pattern: /(^| )(photo|photograph|portrait|face image)s?( |$)|照片/,
  },
]

/** The identifier that a column's name announces, or null. */
export const directIdentifier = (concept: Concept): { paragraph: string; what: Said } | null => {
  for (const words of namesOf(concept)) {
    const found = directIdentifiers.find(({ pattern }) => pattern.test(words))
    if (found) return { paragraph: found.paragraph, what: identifier(found.paragraph) }
  }
  return null
}

const oneOf = (concept: Concept, pattern: RegExp) => namesOf(concept).some((words) => pattern.test(words))

/** `case.id`, `编号`: some number of something. */
export const looksLikeKey = (concept: Concept): boolean =>
  oneOf(concept, /(^| )(id|ids|uid|uuid|guid|identifier|key)$|编号$|序号$/)

export const looksLikeSite = (concept: Concept): boolean =>
  oneOf(
    concept,
    /^(study )?(site|center|centre|hospital|clinic|institution|inst|ward|department|practice)( (id|no|nr|code|name|number))?$|^(分?中心|医院|机构|院区|科室|病区)$/,
  )

export const mayBePlace = (concept: Concept): boolean =>
  oneOf(concept, /(^| )(region|area|province|location|place|territory|birthplace)( |$)|地区|区域|省/)

export const saysBirth = (concept: Concept): boolean =>
  oneOf(concept, /(^| )(birth|birthday|born|dob|dobth|yob)( |$)|出生|生日/)

export const saysDate = (concept: Concept): boolean =>
  saysBirth(concept) ||
  oneOf(
    concept,
    /(^| )(date|dates|visit|admission|discharge|admitted|discharged|dob|dod|doa|dox|dodm|dobth|dodth)( |$)|日期|时间/,
  )

/** Words of a follow-up: a day or time since something, that adds to an age. */
export const saysFollowUp = (concept: Concept): boolean =>
  oneOf(
    concept,
    /(^| )(day|days|week|weeks|month|months|time|visit|futime|follow up|followup|tstart|tstop|survival|years since)( |$)|随访|时间|天数/,
  )

const ageCodes = new Set([
  // LOINC: age; reported; calculated; current or at death; at specimen collection; at death.
  ...['30525-0', '21612-7', '29553-5', '63900-5', '35659-2', '39016-1'].map((code) => `http://loinc.org|${code}`),
  // SNOMED CT: age; current chronological age; age at death.
  ...['397669002', '424144002', '445518008'].map((code) => `http://snomed.info/sct|${code}`),
])
const ageWords = /(^| )(age|ages|aged|agetx|agedx|dage|rage)\d*( |$)|年龄|岁数|周岁/
const notOfLife = /gestation|fetal|foetal|bone age|mental age|孕|胎龄|骨龄/

/** Units of time in years (365.25 days; `a` is UCUM's year). */
export const yearsPer: Readonly<Record<string, number>> = {
  a: 1,
  a_j: 1,
  a_g: 1,
  a_t: 1,
  mo: 1 / 12,
  mo_j: 1 / 12,
  mo_g: 1 / 12,
  wk: 7 / daysAYear,
  d: 1 / daysAYear,
  h: 1 / 8766,
}

/** Years per unit of an age, where the column is one by its code or its name; else null. */
export const ageScale = (concept: Concept): number | null => {
  const coded = concept.coding.some(({ system, code }) => ageCodes.has(`${system}|${code}`))
  const named = namesOf(concept).some((words) => ageWords.test(words) && !notOfLife.test(words))
  if (!coded && !named) return null
  if (concept.unit === null || concept.unit === '1') return 1
  return yearsPer[concept.unit] ?? (coded ? 1 : null)
}

const isRange = /^[^\d]*\d+([.,]\d+)?\s*[-–~～]\s*\d+([.,]\d+)?[^\d]*$/
const valuePatterns: readonly { what: Identifier; test: (text: string) => boolean }[] = [
  { what: 'F', test: (text) => /\S@\S+\.\S/.test(text) },
  { what: 'N', test: (text) => /https?:\/\/|(^|\s)www\./i.test(text) },
  {
    what: 'O',
    test: (text) => /(^|\D)\d{1,3}(\.\d{1,3}){3}(\D|$)/.test(text),
  },
  {
    what: 'date',
    test: (text) =>
      /(^|\D)(1[89]|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}(\D|$)/.test(text) ||
      /(^|\D)\d{1,2}[-/.]\d{1,2}[-/.](1[89]|20)\d\d(\D|$)/.test(text),
  },
  { what: 'longNumber', test: (text) => /\d{6}/.test(text) && !/^\d+\.\d+$/.test(text) },
  {
    what: 'D',
    test: (text) =>
      !isRange.test(text) && /\d{2,}([\s().-]+\d{2,}){2,}/.test(text) && text.replace(/\D/g, '').length >= 7,
  },
  {
    what: 'A',
    test: (text) => /^(mr|mrs|ms|miss|dr|prof)\.?\s+\p{L}/iu.test(text) || /\p{L}(先生|女士|医生|医师)$/u.test(text),
  },
]

/** What a coded value looks like that identifies somebody (`a telephone number`), or null. */
export const identifyingText = (text: string): Said | null => {
  const found = valuePatterns.find(({ test }) => test(text))
  return found ? identifier(found.what) : null
}
