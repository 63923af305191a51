import { createORPCClient, DynamicLink, ORPCError } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import type { Api } from '../contract/api.ts'
import { currentLink, noteAnswer, noteRefused } from './connection.ts'
import { failureOf, isFailure } from './errors/failure.ts'

const watched: Awaited<ReturnType<typeof currentLink>> = {
  call: async (path, input, options) => {
    const link = await currentLink()
    try {
      const output = await link.call(path, input, options)
      noteAnswer()
      return output
    } catch (error) {
      if (error instanceof ORPCError) {
        if (error.status === 401 && !isFailure(error.data)) noteRefused()
        else noteAnswer()
      }
      throw error
    }
  },
}

/** Every procedure of the API map as a function: `client.patients.search({ query: 'pbc' })`. */
export const client: ContractRouterClient<Api> = createORPCClient(new DynamicLink(async () => watched))

/** The same as TanStack Query options: `useQuery(orpc.patients.chart.queryOptions({ input: { patient } }))`. */
export const orpc = createTanstackQueryUtils(client)

const vaultWasLocked = (error: unknown) => {
  if (failureOf(error).code !== 'locked') return
  void queryClient.invalidateQueries({ queryKey: orpc.vault.status.key() })
}

/**
 * No retries (a failure is an answer) and no refetch on focus (reading a chart is written to the audit log each time);
 * `always`, because the core is on this machine whatever the network does.
 */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: vaultWasLocked }),
  mutationCache: new MutationCache({ onError: vaultWasLocked }),
  defaultOptions: {
    queries: { retry: false, refetchOnWindowFocus: false, staleTime: 30_000, networkMode: 'always' },
    mutations: { retry: false, networkMode: 'always' },
  },
})
