import { createRequire } from 'node:module'
import { molarMassOf } from './analytes.ts'

/** value in the target unit = value × `factor` + `offset`. */
export interface Conversion {
  factor: number
  offset: number
}

export interface Units {
  /**
   * The UCUM code of a unit as a laboratory writes it (`mg/dl`, `µmol/L`, `10^9/L`, `mmHg`, `岁`), or null where it is
   * none.
   */
  ucum(text: string): string | null
  /** How to convert between two UCUM units, or null where they measure different things. `molarMass` in g/mol. */
  conversion(from: string, to: string, molarMass?: number | null): Conversion | null
  /** Suggestions for a unit that is none, best first. */
  suggest(text: string): string[]
}

let loaded: Units | null = null

/**
 * Units by UCUM (@lhncbc/ucum-lhc, the National Library of Medicine's own). Loaded on first use, as its tables take
 * some 50 ms; then every answer is kept, so that a million values of a column cost one multiplication each.
 */
export const loadUnits = (): Units => {
  loaded ??= createUnits(createRequire(import.meta.url)('@lhncbc/ucum-lhc').UcumLhcUtils.getInstance())
  return loaded
}

/**
 * A value in another unit, units as laboratories or UCUM write them; null where they measure different things (mass and
 * amount without a molar mass in g/mol, say). To twelve digits.
 */
export const convertUnit = (
  value: number,
  from: string,
  to: string,
  molarMass: number | null = null,
): number | null => {
  if (from === to) return value
  const units = loadUnits()
  const [source, target] = [units.ucum(from), units.ucum(to)]
  const conversion = source === null || target === null ? null : units.conversion(source, target, molarMass)
  return conversion === null ? null : rounded(value * conversion.factor + conversion.offset)
}

/** Molar mass (g/mol) of what a concept measures, from its codes or name, for conversions between mass and amount. */
export const molarMass = (concept: { name: string; coding: readonly { system: string; code: string }[] }) =>
  molarMassOf(concept.name, concept.coding)

/** Unit written in a header: `bili (mg/dL)`, `Glucose [mmol/L]`, `血糖（mmol/L）`, `weight_kg`. Null: none is there. */
export const unitInHeader = (header: string, units: Units): { name: string; unit: string } | null => {
  const bracketed = /^(.*\S)\s*[([（【［]\s*([^()[\]（）【】［］]+(?:\[[^\]]+\][^()]*)?)\s*[)\]）】］]\s*$/u.exec(
    header,
  )
  if (bracketed) {
    // A bare number, or letters that UCUM happens to know (`(A)` ampere, `(T)` tesla), is rather a remark.
    const unit =
      /^[\d\s–-]+$|^[A-Z]$|^\d/.test(bracketed[2]) && !/^10[*^]/.test(bracketed[2]) ? null : units.ucum(bracketed[2])
    return unit === null ? null : { name: bracketed[1].trim(), unit }
  }
  const suffixed =
    /^(.*[A-Za-z\u4e00-\u9fff])[_. -](kg|cm|mm|mmHg|bpm|years|yrs|days|months|mg_dl|mmol_l|umol_l|g_dl|g_l|u_l|iu_l|ng_ml|pg_ml)$/i.exec(
      header,
    )
  if (!suffixed) return null
  const unit = units.ucum(suffixed[2].replace('_', '/'))
  return unit === null ? null : { name: suffixed[1], unit }
}

interface Ucum {
  validateUnitString(
    text: string,
    suggest?: boolean,
  ): { status: string; ucumCode: string | null; suggestions?: { units: [string, string, string][] }[] }
  convertUnitTo(
    from: string,
    value: number,
    to: string,
    options?: { molecularWeight?: number },
  ): { status: string; toVal: number | null }
}

const createUnits = (ucum: Ucum): Units => {
  const codes = new Map<string, string | null>()
  const conversions = new Map<string, Conversion | null>()

  const valid = (text: string): string | null => {
    const { status, ucumCode } = ucum.validateUnitString(text)
    return status === 'valid' ? (ucumCode ?? text) : null
  }

  const find = (text: string): string | null => {
    const plain = text
      .normalize('NFKC')
      .replaceAll(/[\u00b5\u03bc]/g, 'u')
      .replaceAll(/\s+/g, '')
    if (plain === '' || /^[\d.,+-]+$/.test(plain)) return plain === '1' ? '1' : null
    const spelled = spellings[plain.toLowerCase()]
    if (spelled) return spelled
    const mended = plain
      .replace(/^[x×*]?10(?:\^|\*\*|e|E)?(\d{1,2})(?=\/)/, '10*$1')
      .replace(/^[x×]10\*(?=\d)/, '10*')
      .replace(/^(?:K|k|Thou|thou)(?=\/[um][lL]$)/, '10*3')
      .replace(/^(?:M|Mio)(?=\/[um][lL]$)/, '10*6')
      .replace(/(?<=\/)(u|m|d|c|f)?l(?![a-z])/g, '$1L')
      .replace(/^([mun]?)IU(?![A-Za-z])/i, '$1[IU]')
      .replace(/^([mun]?)u(?=\/(?:L|mL|uL)$)/, '$1U')
      .replace(/mm\[?Hg\]?/i, 'mm[Hg]')
      .replace(/°C|℃/, 'Cel')
      .replace(/°F|℉/, '[degF]')
      .replace(/m[²^]2?$/, 'm2')
      .replace(/\/1\.73m2$/, '/{1.73_m2}')
      .replace(/^meq/i, 'meq')
      .replace(/^mmol/i, 'mmol')
      .replace(/^umol/i, 'umol')
    return valid(mended) ?? valid(plain)
  }

  const convert = (from: string, to: string, molecularWeight: number | null): Conversion | null => {
    const at = (value: number): number | null => {
      const { status, toVal } = ucum.convertUnitTo(from, value, to, molecularWeight ? { molecularWeight } : {})
      return status === 'succeeded' && toVal !== null && Number.isFinite(toVal) ? toVal : null
    }
    const [none, one, many] = [at(0), at(1), at(1000)]
    if (none === null || one === null || many === null) return null
    const offset = Math.abs(none) < 1e-9 ? 0 : rounded(none)
    const factor = rounded((many - none) / 1000)
    // Logarithmic units (pH, dB) are not of this form.
    return Math.abs(one - none - factor) <= 1e-9 * Math.max(1, Math.abs(factor)) ? { factor, offset } : null
  }

  return {
    ucum: (text) => {
      const known = codes.get(text)
      if (known !== undefined) return known
      const code = find(text)
      codes.set(text, code)
      return code
    },
    conversion: (from, to, molarMass = null) => {
      if (from === to) return { factor: 1, offset: 0 }
      const key = `${from}\n${to}\n${molarMass}`
      const known = conversions.get(key)
      if (known !== undefined) return known
      const conversion = convert(from, to, molarMass)
      conversions.set(key, conversion)
      return conversion
    },
    suggest: (text) => {
      const { suggestions } = ucum.validateUnitString(text, true)
      return (suggestions ?? []).flatMap(({ units }) => units.map(([code]) => code)).slice(0, 5)
    },
  }
}

/** Twelve digits: the tables' own noise (200 × 10*9/L = 200.00000000000003 × 10*3/uL) must not reach a record. */
const rounded = (value: number): number => Number(value.toPrecision(12))

const spellings: Record<string, string> = {
  '%': '%',
  percent: '%',
  year: 'a',
  years: 'a',
  yr: 'a',
  yrs: 'a',
  y: 'a',
  岁: 'a',
  年: 'a',
  month: 'mo',
  months: 'mo',
  mth: 'mo',
  月: 'mo',
  个月: 'mo',
  week: 'wk',
  weeks: 'wk',
  周: 'wk',
  day: 'd',
  days: 'd',
  天: 'd',
  日: 'd',
  hour: 'h',
  hours: 'h',
  hr: 'h',
  hrs: 'h',
  小时: 'h',
  minutes: 'min',
  分钟: 'min',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  秒: 's',
  bpm: '/min',
  'beats/min': '/min',
  'breaths/min': '/min',
  '次/分': '/min',
  '次/分钟': '/min',
  lb: '[lb_av]',
  lbs: '[lb_av]',
  pounds: '[lb_av]',
  in: '[in_i]',
  inch: '[in_i]',
  inches: '[in_i]',
  ft: '[ft_i]',
  公斤: 'kg',
  千克: 'kg',
  克: 'g',
  毫克: 'mg',
  厘米: 'cm',
  毫米: 'mm',
  米: 'm',
  毫米汞柱: 'mm[Hg]',
  c: 'Cel',
  celsius: 'Cel',
  摄氏度: 'Cel',
  fahrenheit: '[degF]',
  'kg/m²': 'kg/m2',
  'kg/m^2': 'kg/m2',
  'kg/m2': 'kg/m2',
  'g%': 'g/dL',
  'mg%': 'mg/dL',
  cigs: '{cigarettes}',
}
