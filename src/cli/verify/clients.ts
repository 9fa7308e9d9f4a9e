/**
 * The clients of a verification: each has its sittings, one `raftclient` process after the other.
 */
import { ClientProcess } from '../processes/client-process.ts'
import type { Cluster } from './cluster.ts'
import type { Pacer } from './pacer.ts'
import type { Sitting } from './plan.ts'

/** How long a client may take to send what it was given and end. */
const finishTimeoutMs = 30_000

/** All clients side by side; resolves with every command that was given to one. */
export async function runClients(
  clients: readonly (readonly Sitting[])[],
  cluster: Cluster,
  pacer: Pacer,
  signal: AbortSignal,
): Promise<string[]> {
  const sent = await Promise.all(
    clients.map(async (sittings) => {
      for (const sitting of sittings) await runSitting(sitting, cluster, pacer, signal)
      return sittings.flatMap(({ commands }) => commands)
    }),
  )
  return sent.flat()
}

async function runSitting(
  { server, commands }: Sitting,
  cluster: Cluster,
  pacer: Pacer,
  signal: AbortSignal,
): Promise<void> {
  const client = new ClientProcess(cluster.id(server))
  const kill = (): void => client.kill()
  signal.addEventListener('abort', kill)
  try {
    for (const command of commands) {
      await pacer.permit()
      client.send(command)
    }
    const wrong = await client.finish(finishTimeoutMs)
    signal.throwIfAborted()
    if (wrong !== null) cluster.report(wrong)
  } finally {
    signal.removeEventListener('abort', kill)
    client.kill()
  }
}
