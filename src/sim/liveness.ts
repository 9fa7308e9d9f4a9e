/**
 * The second phase of a run: a quorum is healed for good, whatever happened to it, and the others
 * stay broken, each in its own way. Now the cluster must elect a leader, commit something new, and
 * settle every promise that a healed server has given, within a bound. Where none of the others can
 * disturb it, that leader must then stay.
 */
import { unreachable } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import type { Milliseconds } from '../raft/index.ts'
import { isJoint } from '../raft/index.ts'
import type { Probe } from './clients/index.ts'
import type { Director } from './director.ts'
import { concerned, decides, drawCore, presentConfiguration } from './healthy-core.ts'
import type { SimServer } from './sim-server.ts'
import { among, oneAndRest, oneWay } from './topology.ts'
import type { World } from './world.ts'

/**
 * The bound, in longest election timeouts: so long may it take until something more is committed
 * or applied, again and again until all is done.
 */
export const livenessTimeouts = 200

/** A probe that was accepted and not committed after so many timeouts is followed by another. */
const probeTimeouts = 10

/** So long a leader that nobody disturbs must stay, in longest election timeouts... */
const stableTimeouts = 10

/** ...once this many have passed, in which an election that was under way may still upset it. */
const settlingTimeouts = 4

/** How a server that is not healed stays broken. */
const brokenWays = [
  'down',
  'cut off',
  'mute',
  'deaf',
  'paused',
  'hung',
  'full',
  'as it was',
] as const

/** Of these, the ways in which it cannot tell a healed server of a later term. */
const quietWays: readonly string[] = ['down', 'cut off', 'mute', 'paused']

/** Returns how long it took; null where it did not get there, and then the world has failed. */
export function runLiveness(world: World): Milliseconds | null {
  const random = world.random.fork('liveness')
  // A leader that is cut off is the hardest to get rid of: half of the time it is not healed.
  const without = random.chance(0.5) ? presentLeader(world) : null
  const core = drawCore(world, random, without)
  const rest = world.servers.filter((server) => !core.includes(server))
  const ways = rest.map((server) => breakForGood(world, random, server))
  heal(world, core)
  world.director = watchman(world, core)
  const healedMs = watch(world, random, core)
  const isQuiet = ways.every((way) => quietWays.includes(way))
  if (healedMs !== null && isQuiet && allConcerned(world, core)) requireStable(world)
  return healedMs
}

/** A healed server that was removed and has not heard so may yet stand for election. */
function allConcerned(world: World, core: readonly SimServer[]): boolean {
  const configuration = presentConfiguration(world, presentLeader(world))
  return concerned(core, configuration).length === core.length
}

/** Messages that were on their way when the servers broke have arrived by then, or nearly all. */
function requireStable(world: World): void {
  const timeoutMs = world.options.raft.electionTimeoutMaxMs as Milliseconds
  world.run(world.now + settlingTimeouts * timeoutMs + world.options.network.detourMaxMs)
  const { elections } = world.observer
  world.run(world.now + stableTimeouts * timeoutMs)
  if (world.failure !== null || world.observer.elections === elections) return
  world.fail(
    'liveness',
    `with all healed servers well and nobody else heard, ${world.leader?.id} was elected anew ` +
      `within ${stableTimeouts} election timeouts`,
  )
}

function watch(world: World, random: Random, core: readonly SimServer[]): Milliseconds | null {
  const timeoutMs = world.options.raft.electionTimeoutMaxMs as Milliseconds
  const began = world.now
  const probes: Probe[] = []
  let progress = progressOf(core)
  let progressAt = began
  while (world.failure === null && world.now < progressAt + livenessTimeouts * timeoutMs) {
    if (wantsProbe(probes, world.now - probeTimeouts * timeoutMs)) {
      probes.push(
        world.clients?.probe() ?? world.propose(presentLeader(world) ?? random.pick(core)),
      )
    }
    world.run(world.now + timeoutMs / 4)
    if (hasGoneOn(world, core, probes)) return world.now - began
    if (progressOf(core) > progress) progressAt = world.now
    progress = Math.max(progress, progressOf(core))
  }
  if (world.failure === null) fail(world, core, probes)
  return null
}

/** None is committed, and none that was asked since then is on its way to be. */
function wantsProbe(probes: readonly Probe[], since: Milliseconds): boolean {
  if (probes.some(({ status }) => status === 'committed')) return false
  return !probes.some(({ status, askedAt }) => status === 'accepted' && askedAt > since)
}

/** Grows with whatever is applied. */
function progressOf(core: readonly SimServer[]): number {
  return core.reduce((sum, { state }) => sum + (state?.lastApplied ?? 0), 0)
}

function breakForGood(world: World, random: Random, server: SimServer): string {
  const { network, servers, trace } = world
  const [one, others] = oneAndRest(server.place, servers.length)
  const way = server.life === null ? 'down' : random.pick(brokenWays)
  trace.add('fault', server.place, `stays broken: ${way}`, null)
  switch (way) {
    case 'down':
      if (server.life !== null) server.crash('kill')
      break
    case 'cut off':
      network.cut([...oneWay(one, others), ...oneWay(others, one)])
      break
    case 'mute':
      network.cut(oneWay(one, others))
      break
    case 'deaf':
      network.cut(oneWay(others, one))
      break
    case 'paused':
      server.pause()
      break
    case 'hung':
      server.disk.isHung = true
      break
    case 'full':
      server.disk.fill(0, random.chance(0.3))
      break
    case 'as it was':
      break
    default:
      unreachable(way)
  }
  return way
}

function heal(world: World, core: readonly SimServer[]): void {
  world.network.calm(among(core.map(({ place }) => place)))
  world.connections.calm()
  for (const server of core) {
    world.trace.add('fault', server.place, 'is healed for good', null)
    server.disk.repair()
    server.clock.setRate(1)
    server.unpause()
    if (server.life === null) server.start()
  }
}

/** An error that a process was given before may stop it yet: somebody starts it again. */
function watchman(world: World, core: readonly SimServer[]): Director {
  const nothing = (): void => {}
  return {
    wentDown: (server) => {
      if (!core.includes(server)) return
      world.later(world.options.raft.electionTimeoutMinMs as Milliseconds, () => server.start())
    },
    becameLeader: nothing,
    accepted: nothing,
  }
}

/** Healed or not: a broken server may lead all the same, as one whose disk hangs can. */
function presentLeader(world: World): SimServer | null {
  let leader: SimServer | null = null
  for (const server of world.servers) {
    const { state, isActive } = server
    if (!isActive || state?.role.kind !== 'leader') continue
    if (state.currentTerm > (leader?.state?.currentTerm ?? 0)) leader = server
  }
  return leader
}

/**
 * Something new is committed, every healed server that takes part has applied it, and nothing is
 * unsettled. Under a broken leader, whom some of the healed may hear and not reach, that is asked
 * of a quorum only: of any, where pre-votes are asked for, since they keep it in office as long as
 * a quorum hears it, whoever that is.
 */
function hasGoneOn(world: World, core: readonly SimServer[], probes: readonly Probe[]): boolean {
  const probe = probes.find(({ status }) => status === 'committed')
  if (probe === undefined) return false
  const leader = presentLeader(world)
  const configuration = presentConfiguration(world, leader)
  const asked = concerned(core, configuration)
  const isDone = ({ life }: SimServer): boolean => {
    return life !== null && life.state.lastApplied >= probe.index && life.unsettled === 0
  }
  const done = asked.filter(isDone)
  const isHealthy = leader === null || core.includes(leader)
  const isLasting = !isHealthy && world.options.raft.preVote === true
  if (!decides(isLasting ? world.servers.filter(isDone) : done, configuration)) return false
  // A change that was under way is completed, whoever began it.
  return !isHealthy || (done.length === asked.length && !isJoint(configuration))
}

function fail(world: World, core: readonly SimServer[], probes: readonly Probe[]): void {
  const servers = core.map(({ id, life }) => {
    if (life === null) return `${id} is down`
    const { role, currentTerm, commitIndex, lastApplied, log } = life.state
    const place = `log to ${log.lastIndex}, commit ${commitIndex}, applied ${lastApplied}`
    return `${id} is ${role.kind} of term ${currentTerm}, ${place}, ${life.unsettled} unsettled`
  })
  const asked = probes.length
  world.fail(
    'liveness',
    `${livenessTimeouts} election timeouts after ${core.map(({ id }) => id).join(', ')} were ` +
      `healed, and with ${asked} new proposals: ${servers.join('; ')}`,
  )
}
