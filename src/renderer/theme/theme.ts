import { createTheme, type MantineColorsTuple } from '@mantine/core'

/** Petrol: the colour of action and of Bedside itself. White on shade 6 has a contrast of 5.4. */
const petrol: MantineColorsTuple = [
  '#eef7f7',
  '#d7ebeb',
  '#aed6d7',
  '#80bfc1',
  '#56a7ab',
  '#358f94',
  '#1f757b',
  '#176066',
  '#124d52',
  '#0b383c',
]
/**
 * Neutrals with a little of the same hue, so that large surfaces stay calm. Shade 6 is the dimmed text (5.3 on white).
 */
const gray: MantineColorsTuple = [
  '#f5f7f7',
  '#edf0f1',
  '#e0e5e7',
  '#cdd5d8',
  '#adb8bd',
  '#87949a',
  '#5f6d74',
  '#475359',
  '#2f393e',
  '#1b2225',
]
const dark: MantineColorsTuple = [
  '#dde5e7',
  '#b8c4c8',
  '#93a1a7',
  '#74838a',
  '#47555c',
  '#344148',
  '#232d33',
  '#161d21',
  '#11171a',
  '#0c1113',
]
/** Danger, and values above the reference range. */
const brick: MantineColorsTuple = [
  '#fbefed',
  '#f5dbd7',
  '#e9b4ac',
  '#dd8a7e',
  '#d26757',
  '#c4503f',
  '#ab3f30',
  '#8f3226',
  '#71271e',
  '#501b15',
]
const amber: MantineColorsTuple = [
  '#fdf5e6',
  '#f8e7c5',
  '#efcf8d',
  '#e5b653',
  '#d99d2a',
  '#b97f12',
  '#8f6009',
  '#734c06',
  '#593b06',
  '#3f2a05',
]
const moss: MantineColorsTuple = [
  '#f0f6ee',
  '#deebd9',
  '#bcd6b3',
  '#97c08a',
  '#74aa66',
  '#569049',
  '#417538',
  '#345f2d',
  '#294b24',
  '#1d3519',
]
/** Values below the reference range; information. */
const sky: MantineColorsTuple = [
  '#eef4fb',
  '#d8e6f5',
  '#b0cceb',
  '#84afdf',
  '#5b92d1',
  '#3f78bc',
  '#2f629f',
  '#264f82',
  '#1e3e66',
  '#152b48',
]

const sans = "'Inter Variable', 'Noto Sans SC Variable', system-ui, sans-serif"

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: 6,
  autoContrast: true,
  luminanceThreshold: 0.28,
  white: '#ffffff',
  black: '#1b2225',
  colors: {
    petrol,
    gray,
    dark,
    brick,
    amber,
    moss,
    sky,
    red: brick,
    yellow: amber,
    orange: amber,
    green: moss,
    teal: moss,
    blue: sky,
  },
  fontFamily: sans,
  fontFamilyMonospace: "ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'Noto Sans SC Variable', monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.4' },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2.25rem' },
  radius: { xs: '3px', sm: '5px', md: '7px', lg: '10px', xl: '16px' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  headings: {
    fontFamily: sans,
    fontWeight: '640',
    textWrap: 'balance',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.3' },
      h2: { fontSize: '1.1875rem', lineHeight: '1.35' },
      h3: { fontSize: '1rem', lineHeight: '1.4' },
      h4: { fontSize: '0.875rem', lineHeight: '1.45' },
      h5: { fontSize: '0.8125rem', lineHeight: '1.45' },
      h6: { fontSize: '0.75rem', lineHeight: '1.45' },
    },
  },
  components: {
    // What a field is for stands below it, so that fields side by side stay in line.
    InputWrapper: { defaultProps: { inputWrapperOrder: ['label', 'input', 'description', 'error'] } },
    Button: { defaultProps: { size: 'sm' } },
    Paper: { defaultProps: { withBorder: true, radius: 'md' } },
    Card: { defaultProps: { withBorder: true, radius: 'md' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300, events: { hover: true, focus: true, touch: true } } },
    Modal: { defaultProps: { centered: true, radius: 'md' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    Alert: { defaultProps: { radius: 'md' } },
    Badge: { defaultProps: { variant: 'light', radius: 'sm', tt: 'none', fw: 550 } },
    Anchor: { defaultProps: { underline: 'hover' } },
    Skeleton: { defaultProps: { radius: 'sm' } },
    Table: { defaultProps: { verticalSpacing: 6, highlightOnHoverColor: 'var(--surface-hover)' } },
    // What scrolls sideways can be scrolled with the keyboard.
    TableScrollContainer: { defaultProps: { scrollAreaProps: { viewportProps: { tabIndex: 0 } } } },
  },
})
