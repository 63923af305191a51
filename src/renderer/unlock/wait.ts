import { useCallback, useEffect, useState } from 'react'

/** Seconds left of a wait, counted down, and a way to begin one. */
export const useCountdown = (initial: number): [left: number, start: (seconds: number) => void] => {
  const [until, setUntil] = useState(() => Date.now() + initial * 1000)
  const [now, setNow] = useState(() => Date.now())
  const left = Math.max(0, Math.ceil((until - now) / 1000))
  const running = left > 0
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => setNow(Date.now()), 250)
    return () => clearInterval(timer)
  }, [running])
  const start = useCallback((seconds: number) => {
    setNow(Date.now())
    setUntil(Date.now() + seconds * 1000)
  }, [])
  return [left, start]
}
