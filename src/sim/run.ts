/**
 * One seed: a cluster is built, put through a safety phase in which everything may fail, and then
 * through a liveness phase in which a majority is healed for good (liveness.ts). Everything about
 * it follows from the seed and the wishes.
 */
import type { Milliseconds } from '../raft/index.ts'
import type { Failure } from './failure.ts'
import { type FaultKind, faultNames } from './faults.ts'
import { checkHistory } from './history-check.ts'
import { runLiveness } from './liveness.ts'
import type { Marks } from './marks.ts'
import { Nemesis } from './nemesis.ts'
import { drawOptions, type RunOptions, type Wishes } from './swarm.ts'
import type { TraceEvent } from './trace.ts'
import { World } from './world.ts'

/** What came of a run. */
export interface RunResult {
  readonly seed: number
  readonly wishes: Wishes
  readonly options: RunOptions
  readonly failure: Failure | null
  readonly clusterMs: Milliseconds
  readonly events: number
  readonly messages: number
  readonly elections: number
  readonly committed: number
  readonly proposals: number
  readonly faults: Readonly<Record<FaultKind, number>>
  readonly marks: Marks
  /** How long the healed majority took; null where it was not asked or did not get there. */
  readonly healedMs: Milliseconds | null
  /** Equal for equal runs, and for others different. */
  readonly fingerprint: string
  /** For the story of a failure. */
  readonly world: World
}

/** Runs one seed from beginning to end. */
export function runSeed(
  seed: number,
  wishes: Wishes,
  sink: ((event: TraceEvent) => void) | null = null,
): RunResult {
  const world = new World(seed, (random) => drawOptions(random, wishes), sink)
  const nemesis = new Nemesis(world)
  for (const server of world.servers) server.start()
  if (world.clients === null) propose(world)
  else world.clients.begin()
  nemesis.begin()
  world.run(world.options.safetyMs)
  nemesis.stop()
  const healedMs = world.failure === null ? runLiveness(world) : null
  if (world.failure === null) {
    if (world.clients === null) checkHistory(world)
    else world.clients.check()
  }
  return resultOf(seed, wishes, world, nemesis, healedMs)
}

/** The clients' work, for as long as the safety phase lasts. */
function propose(world: World): void {
  const { workload, options, servers } = world
  world.later(workload.pauseMs(), () => {
    if (world.now >= options.safetyMs) return
    for (let count = workload.burst(); count > 0; count--) {
      world.propose(workload.choose(servers, world.leader))
    }
    propose(world)
  })
}

function resultOf(
  seed: number,
  wishes: Wishes,
  world: World,
  nemesis: Nemesis,
  healedMs: Milliseconds | null,
): RunResult {
  const { network, connections, shortRequests, observer, marks } = world
  for (let count = connections.broken; count > 0; count--) marks.hit('connection broke')
  for (let count = connections.halfOpen; count > 0; count--) marks.hit('connection hung half-open')
  if (network.repeated > 0) marks.hit('message repeated')
  if (shortRequests.count > 0) marks.hit('request carried fewer entries')
  if (network.detours > 0) marks.hit('message took a detour')
  const counts = faultNames.map((kind) => [kind, nemesis.count(kind)])
  const faults = Object.fromEntries(counts) as Record<FaultKind, number>
  faults.loss = marks.count('message lost')
  faults.repeats = network.repeated
  faults.detours = network.detours
  faults.shortRequests = shortRequests.count
  faults.tornWrites = marks.count('sector torn')
  faults.clockDrift = world.options.clocks.driftMax > 0 ? world.servers.length : 0
  return {
    seed,
    wishes,
    options: world.options,
    failure: world.failure,
    clusterMs: world.now,
    events: world.events,
    messages: observer.messages,
    elections: observer.elections,
    committed: world.checkers.ledger.lastIndex,
    proposals: world.clients?.asked ?? world.workload.proposals.length,
    faults,
    marks,
    healedMs,
    fingerprint: world.trace.fingerprint,
    world,
  }
}
