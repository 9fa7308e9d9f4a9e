/**
 * How a nemesis strikes between clients and servers: connections that break, and streets that are
 * blocked for a while, each way or both.
 */
import type { Milliseconds } from '../raft/index.ts'
import type { Nemesis } from './nemesis.ts'

export function strikeClients(
  nemesis: Nemesis,
  kind: 'resets' | 'clientCuts',
  forMs: Milliseconds,
): void {
  const { random, world } = nemesis
  const { connections, options, serverIds } = world
  const clients = Array.from({ length: options.clients?.clients ?? 0 }, (_, i) => `c${i + 1}`)
  const someClients = clients.filter(() => random.chance(0.5))
  const someServers = serverIds.filter(() => random.chance(0.5))
  const pairs = someClients.flatMap((client) => someServers.map((server) => ({ client, server })))
  if (pairs.length === 0) return
  const names = `${someClients.join(' ')} and ${someServers.join(' ')}`
  if (kind === 'resets') {
    nemesis.note(kind, -1, `connections break between ${names}`)
    connections.break((client, server) => {
      return someClients.includes(client) && someServers.includes(server)
    })
    return
  }
  const ways = random.pick(['both', 'there', 'back'] as const)
  nemesis.note(kind, -1, `blocked ${ways} for ${forMs.toFixed(0)} ms: ${names}`)
  const streets = pairs.flatMap(({ client, server }) => [
    ...(ways === 'back' ? [] : [[client, server] as const]),
    ...(ways === 'there' ? [] : [[server, client] as const]),
  ])
  for (const [from, to] of streets) connections.block(from, to)
  nemesis.later(forMs, () => {
    for (const [from, to] of streets) connections.unblock(from, to)
  })
}
