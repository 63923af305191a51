import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { queryClient } from './api.ts'
import { ViewBoundary } from './errors/ViewBoundary.tsx'
import { router } from './router.tsx'
import { styleNonce } from './theme/nonce.ts'
import { surfaceVariables } from './theme/surfaces.ts'
import { theme } from './theme/theme.ts'
import { Gate } from './unlock/Gate.tsx'

const colorSchemes = localStorageColorSchemeManager({ key: 'bedside.theme' })

export const App = () => (
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={surfaceVariables}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemes}
      getStyleNonce={styleNonce}
      deduplicateInlineStyles
    >
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-right" limit={4} />
        <ViewBoundary resetKey="app">
          <Gate>
            <RouterProvider router={router} />
          </Gate>
        </ViewBoundary>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>
)
