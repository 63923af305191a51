import { PasswordInput, Stack, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { leastScore, type Strength, strengthOf } from '../../contract/strength.ts'
import { useTranslation } from '../language/index.ts'
import classes from './NewPassphrase.module.css'

export interface NewPassphraseState {
  passphrase: string
  again: string
  setPassphrase: (passphrase: string) => void
  setAgain: (again: string) => void
  /** Null until it has been judged; the core judges again. */
  strength: Strength | null
  /** What keeps it from being taken, by field. */
  faults: { passphrase: string | null; again: string | null }
}

/** A new passphrase as it is typed twice. `names`: what an attacker would try first. */
export const useNewPassphrase = (names: readonly string[]): NewPassphraseState => {
  const { t } = useTranslation('unlock')
  const [passphrase, setPassphrase] = useState('')
  const [again, setAgain] = useState('')
  const [judged, setJudged] = useState<{ of: string; strength: Strength } | null>(null)
  const known = names.join('\n')
  useEffect(() => {
    if (passphrase === '') return setJudged(null)
    let wanted = true
    // Judging takes some milliseconds: once a pause, not once a key.
    const timer = setTimeout(() => {
      strengthOf(passphrase, known.split('\n')).then(
        (strength) => wanted && setJudged({ of: passphrase, strength }),
        // Without the judge's dictionaries there is no meter; the core still refuses what is weak.
        () => wanted && setJudged(null),
      )
    }, 120)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [passphrase, known])
  // While one types, the meter shows the last verdict; only one on what now stands there keeps it from being taken.
  const strength = judged?.strength ?? null
  const weak = judged !== null && judged.of === passphrase && judged.strength.score < leastScore
  return {
    passphrase,
    again,
    setPassphrase,
    setAgain,
    strength,
    faults: {
      passphrase: passphrase === '' ? t('passphraseMissing') : weak ? t('passphraseWeak') : null,
      again: passphrase !== again ? t('passphrasesDiffer') : null,
    },
  }
}

const levels = ['weak', 'weak', 'fair', 'good', 'strong'] as const

/** The two fields and the meter between them. */
export const NewPassphraseFields = ({
  state: { passphrase, again, setPassphrase, setAgain, strength, faults },
  tried,
  disabled,
  label,
}: {
  state: NewPassphraseState
  /** Faults are told once somebody tried to go on. */
  tried: boolean
  disabled: boolean
  label?: string
}) => {
  const { t } = useTranslation('unlock')
  const differsWhileTyping = again !== '' && !passphrase.startsWith(again) ? faults.again : null
  const level = strength && levels[strength.score]
  return (
    <>
      <Stack gap={8}>
        <PasswordInput
          name="passphrase"
          label={label ?? t('passphrase')}
          description={t('passphraseHelp')}
          value={passphrase}
          onChange={(event) => setPassphrase(event.currentTarget.value)}
          error={tried ? faults.passphrase : null}
          autoComplete="new-password"
          maxLength={1024}
          disabled={disabled}
          aria-describedby="strength"
          visibilityToggleButtonProps={{ 'aria-label': t('showPassphrase') }}
        />
        <div className={classes.meter} aria-hidden>
          {[1, 2, 3, 4].map((step) => (
            <span key={step} data-on={level && step <= Math.max(1, strength.score) ? level : undefined} />
          ))}
        </div>
        <Text size="xs" c="dimmed" id="strength" aria-live="polite" mih={18}>
          {level && t(`strength.${level}`)}
          {strength?.advice && ` ${t(`advice.${strength.advice}`)}`}
        </Text>
      </Stack>
      <PasswordInput
        name="again"
        label={t('passphraseAgain')}
        value={again}
        onChange={(event) => setAgain(event.currentTarget.value)}
        error={(tried ? faults.again : null) ?? differsWhileTyping}
        autoComplete="new-password"
        maxLength={1024}
        disabled={disabled}
        visibilityToggleButtonProps={{ 'aria-label': t('showPassphrase') }}
      />
    </>
  )
}

/** Focuses the first field that has a fault; true where there is none. */
export const faultless = (form: HTMLFormElement, faults: Record<string, string | null>): boolean => {
  const first = Object.keys(faults).find((name) => faults[name])
  if (first) form.querySelector<HTMLElement>(`[name="${first}"]`)?.focus()
  return first === undefined
}
