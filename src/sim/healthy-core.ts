/**
 * Who is healed for good, and of whom something can be asked then. Where the configuration has
 * changed, a majority of all servers says nothing: what has to be well is a quorum of whatever
 * configuration the cluster may find itself in.
 */
import type { Random } from '../base/random.ts'
import type { Configuration, ServerId } from '../raft/index.ts'
import { isMember } from '../raft/index.ts'
import { isQuorum } from './checkers/index.ts'
import type { SimServer } from './sim-server.ts'
import type { World } from './world.ts'

/** A quorum, or more; one of the servers may be left out if it can be. */
export function drawCore(world: World, random: Random, without: SimServer | null): SimServer[] {
  const { servers, atlas, checkers } = world
  const sound = servers.filter(({ place }) => !atlas.isDamaged(place))
  const possible = checkers.possibleConfigurations()
  const canGoOn = (some: readonly SimServer[]): boolean => {
    const ids = new Set(some.map(({ id }) => id))
    return possible.every((configuration) => isQuorum(configuration, ids))
  }
  const most = sound.filter((server) => server !== without)
  const core: SimServer[] = []
  for (const server of random.shuffle(canGoOn(most) ? most : sound)) {
    if (canGoOn(core) && random.chance(0.5)) break
    core.push(server)
  }
  return core.sort((a, b) => a.place - b.place)
}

/** What the cluster goes by: its leader's configuration, or the newest that is committed. */
export function presentConfiguration(world: World, leader: SimServer | null): Configuration {
  return leader?.state?.configuration ?? world.checkers.committedConfiguration()
}

/** Those of the core of whom something can be asked: who was removed hears no more. */
export function concerned(
  core: readonly SimServer[],
  configuration: Configuration,
): readonly SimServer[] {
  return core.filter(({ id }) => isMember(configuration, id))
}

export function decides(servers: readonly SimServer[], configuration: Configuration): boolean {
  return isQuorum(configuration, new Set<ServerId>(servers.map(({ id }) => id)))
}
