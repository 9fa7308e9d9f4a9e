/**
 * One seed on ALPO: a safety phase in which everything may fail, and a liveness phase in which
 * nothing does. What a run is like is drawn as for Raft.
 */
import type { Random } from '../../base/random.ts'
import type { Milliseconds } from '../../raft/index.ts'
import type { FaultKind } from '../faults.ts'
import type { Breach } from '../scenario/command.ts'
import { drawOptions, type RunOptions, type Wishes } from '../swarm.ts'
import { type BreachKind, kindOf } from './breaches.ts'
import { runLiveness } from './liveness.ts'
import { AlpoNemesis, alpoFaults, endings } from './nemesis.ts'
import { AlpoWorld } from './world.ts'

export interface AlpoResult {
  readonly seed: number
  readonly wishes: Wishes
  /** The first guarantee that broke. */
  readonly breach: (Breach & { readonly atMs: Milliseconds }) | null
  /** Null where nothing broke, or where it is of no known kind. */
  readonly kind: BreachKind | null
  readonly clusterMs: Milliseconds
  readonly events: number
  readonly elections: number
  readonly committed: number
  readonly restarts: number
  readonly world: AlpoWorld
}

/** Runs one seed from beginning to end, or to the first guarantee that breaks. */
export function runAlpoSeed(
  seed: number,
  wishes: Wishes,
  sink: ((line: string) => void) | null = null,
): AlpoResult {
  const world = new AlpoWorld(seed, (random) => drawAlpo(random, wishes), sink)
  const nemesis = new AlpoNemesis(world)
  for (const machine of world.servers) machine.start()
  propose(world, world.random.fork('workload'))
  nemesis.begin()
  world.run(world.options.safetyMs)
  nemesis.stop()
  if (world.breach === null) runLiveness(world)
  const { breach, now: clusterMs, events, elections, restarts, checkers } = world
  const committed = checkers.ledger.lastIndex
  const kind = kindOf(world)
  return { seed, wishes, breach, kind, clusterMs, events, elections, committed, restarts, world }
}

/**
 * As for Raft, but of the kinds of faults that there are here, and in clusters of the sizes in
 * which something can go wrong at all.
 */
function drawAlpo(random: Random, wishes: Wishes): RunOptions {
  const servers = wishes.servers ?? random.pick([3, 3, 3, 4, 5])
  const faults = wishes.faults ?? drawFaults(random)
  return drawOptions(random, { ...wishes, servers, faults, foreign: 0, workload: 'commands' })
}

/**
 * In one run of two no process ends: where they do, a vote is forgotten before anything else can
 * break, and the rest would hardly ever be seen.
 */
function drawFaults(random: Random): FaultKind[] {
  const chance = random.pick([0.2, 0.5, 0.8])
  const mayEnd = random.chance(0.5)
  return alpoFaults.filter((kind) => (mayEnd || !endings.includes(kind)) && random.chance(chance))
}

/** The clients' work, for as long as the safety phase lasts. */
function propose(world: AlpoWorld, random: Random): void {
  const { everyMs, burstMax, strayChance } = world.options.workload
  world.later(-everyMs * Math.log(1 - random.float()), () => {
    if (world.now >= world.options.safetyMs) return
    for (let count = random.integer(1, burstMax); count > 0; count--) {
      const { leader, servers } = world
      const isStray = leader === null || random.chance(strayChance)
      world.propose(isStray ? random.pick(servers) : leader)
    }
    propose(world, random)
  })
}
