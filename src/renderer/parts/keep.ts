import type { MantineColorScheme } from '@mantine/core'
import { useMantineColorScheme } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { client, orpc, queryClient } from '../api.ts'
import { adoptLanguage } from '../language/index.ts'

type Settings = Record<string, string | number | boolean>

/** Keeps a choice with the signed-in user. A failure is not worth a word: the window has already changed. */
export const keepSetting = (settings: Settings): void => {
  queryClient.setQueryData(orpc.settings.get.queryKey(), (old) => ({ ...old, ...settings }))
  client.settings.set(settings).catch((error) => console.warn('A setting was not kept', error))
}

const isScheme = (value: unknown): value is MantineColorScheme =>
  value === 'light' || value === 'dark' || value === 'auto'

/** Brings this window to the user's language and theme, once after sign-in. */
export const useAdoptSettings = (): void => {
  const { data } = useQuery(orpc.settings.get.queryOptions({ staleTime: Number.POSITIVE_INFINITY }))
  const { setColorScheme } = useMantineColorScheme()
  const adopted = useRef(false)
  useEffect(() => {
    if (!data || adopted.current) return
    adopted.current = true
    adoptLanguage(data.language)
    if (isScheme(data.theme)) setColorScheme(data.theme)
  }, [data, setColorScheme])
}
