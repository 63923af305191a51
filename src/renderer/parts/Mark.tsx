/** Bedside's mark: a survival curve, steps going down, two of them marked where a patient was last seen. */
export const Mark = ({ size = 28 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
    <rect width="32" height="32" rx="8" fill="#176066" />
    <path d="M6 9.5h6v5h5.5v4H22v4.5h4" fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="square" />
    <path d="M9 7v5M20 16v5" stroke="#8fd3d1" strokeWidth="2" strokeLinecap="round" />
  </svg>
)
