/** What of clients and their connections belongs to a world, as its options say. */

import { SimConnections } from '../sim-connections.ts'
import type { World } from '../world.ts'
import { Clients } from './clients.ts'

/** Bytes on their way from one end of a connection. */
const bufferBytesMax = 64 * 1024

export function connectionsOf(world: World): SimConnections {
  const { clients, network } = world.options
  const random = world.random.fork('connections')
  return new SimConnections(
    {
      delayMs: () => network.delayMinMs - network.delayMeanMs * Math.log(1 - random.float()),
      breakChance: clients?.breakChance ?? 0,
      halfOpenChance: clients?.halfOpenChance ?? 0,
      bufferBytesMax,
    },
    random,
    world,
  )
}

export function clientsOf(world: World): Clients | null {
  const { clients } = world.options
  return clients === null ? null : new Clients(world, clients, world.random.fork('clients'))
}
