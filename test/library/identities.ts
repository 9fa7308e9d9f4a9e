/** Who is who in a cluster over TCP, as its servers say it. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster, CounterServer } from './servers.ts'

/** Elections that do not keep the tests waiting. */
export const brisk = {
  raft: { electionTimeoutMinMs: 200, electionTimeoutMaxMs: 400, heartbeatIntervalMs: 40 },
}

/** What the server has warned of, from now on. */
export function warningsOf(server: CounterServer): string[] {
  const warnings: string[] = []
  server.on('warning', ({ code, text }) => {
    // A busy machine is warned of at any time.
    if (code !== 'EVENT_LOOP') warnings.push(`${code} ${text}`)
  })
  return warnings
}

/** What it says of its place in the cluster. */
export function identityOf(
  server: CounterServer,
): NonNullable<ReturnType<typeof server.status>['cluster']> {
  const { cluster } = server.status()
  if (cluster === null) throw new Error('a server over TCP knows its cluster')
  return cluster
}

/** Those that run. */
export function servers(cluster: Cluster): CounterServer[] {
  return [...cluster.running.values()]
}

/** Its directory is gone. */
export function empty(cluster: Cluster, id: string): void {
  rmSync(join(cluster.directory, id), { recursive: true })
}
