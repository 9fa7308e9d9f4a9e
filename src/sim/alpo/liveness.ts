/**
 * The second phase of a run: nothing goes wrong any more. Every server is up, or a random majority
 * of them while the others are down for good, and the network among them is well. Within the bound
 * they must elect a leader that commits something new. Where they do not, the logs say why: see
 * electable.ts.
 */
import type { Random } from '../../base/random.ts'
import { among } from '../topology.ts'
import { electable, isStuck, lastEntries } from './electable.ts'
import type { AlpoMachine } from './machine.ts'
import type { AlpoWorld } from './world.ts'

/**
 * In longest election timeouts. Raft's bound is 200 from one step to the next; nothing more can
 * come of an election that is refused on both sides.
 */
export const boundTimeouts = 200

/** Where nobody can be elected, so many more are waited for before it is said. */
const patienceTimeouts = 20

export function runLiveness(world: AlpoWorld): void {
  const random = world.random.fork('liveness')
  const core = drawCore(world, random)
  world.director = null
  heal(world, core)
  const timeoutMs = world.timeouts.electionTimeoutMaxMs
  const began = world.now
  const committed = world.checkers.ledger.lastIndex
  const { elections } = world
  let stuckSince: number | null = null
  while (world.breach === null && world.now < began + boundTimeouts * timeoutMs) {
    const leader = core.find(({ state }) => state?.role.kind === 'leader')
    if (leader !== undefined) world.propose(leader)
    world.run(world.now + timeoutMs)
    if (world.checkers.ledger.lastIndex > committed && leader !== undefined) return
    if (!isStuck(statesOf(core))) stuckSince = null
    else stuckSince ??= world.now
    if (stuckSince !== null && world.now > stuckSince + patienceTimeouts * timeoutMs) break
  }
  if (world.breach === null)
    world.fail('liveness', whyNot(world, core, world.elections - elections))
}

/** Every server now and then, and mostly as few as must do. */
function drawCore({ servers }: AlpoWorld, random: Random): AlpoMachine[] {
  const majority = Math.floor(servers.length / 2) + 1
  const count = random.pick([majority, majority, majority, servers.length])
  return random.shuffle(servers).slice(0, count)
}

function heal(world: AlpoWorld, core: readonly AlpoMachine[]): void {
  world.network.calm(among(core.map(({ place }) => place)))
  for (const machine of world.servers) {
    if (core.includes(machine)) {
      machine.clock.setRate(1)
      machine.unpause()
      if (!machine.isUp) machine.start()
    } else {
      machine.crash('kill')
    }
  }
  world.trace.say(-1, `nothing goes wrong any more among ${core.map(({ id }) => id).join(', ')}`)
}

function statesOf(core: readonly AlpoMachine[]) {
  return core.flatMap(({ state }) => (state === null ? [] : [state]))
}

function whyNot({ serverIds }: AlpoWorld, core: readonly AlpoMachine[], elections: number): string {
  const states = statesOf(core)
  const who = core.length === serverIds.length ? 'all servers' : core.map(({ id }) => id).join(', ')
  const are = `with ${who} of ${serverIds.length} up and the network well`
  if (isStuck(states)) return `${are}, nobody can ever be elected: ${lastEntries(states)}`
  const able = electable(states).join(', ') || 'nobody'
  return `${are}, nothing new is committed, after ${elections} elections; ${able} can be elected`
}
