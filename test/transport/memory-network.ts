/** The simplest transport there is: what the acceptance suite is written against. */
import type { Receive, Transport } from '../../src/ports/transport.ts'
import type { Arrival, TransportCluster } from '../ports/transport-acceptance.ts'

class MemoryNetwork {
  readonly #receivers = new Map<string, Receive>()

  join(id: string, receive: Receive): Transport {
    this.#receivers.set(id, receive)
    return {
      send: (to, bytes) => {
        if (!this.#receivers.has(id)) return
        setImmediate(() => this.#receivers.get(to)?.({ kind: 'server', id }, bytes))
      },
    }
  }

  leave(id: string): void {
    this.#receivers.delete(id)
  }
}

export function memoryCluster(count: number): TransportCluster {
  const network = new MemoryNetwork()
  const ids = Array.from({ length: count }, (_, i) => `memory:${i + 1}`)
  const arrivals = new Map(ids.map((id) => [id, [] as Arrival[]]))
  const arrived = (id: string): Arrival[] => arrivals.get(id) as Arrival[]
  const transports = new Map(
    ids.map((id) => [id, network.join(id, (source, bytes) => arrived(id).push({ source, bytes }))]),
  )
  return {
    ids,
    transport: (id) => transports.get(id) as Transport,
    arrived,
    stop: async (id) => network.leave(id),
    close: async () => {
      for (const id of ids) network.leave(id)
    },
  }
}
