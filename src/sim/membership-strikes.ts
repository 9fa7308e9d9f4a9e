/**
 * How the nemesis changes who takes part: it asks whoever seems to lead for another configuration,
 * a sensible one mostly and now and then any at all. Whether the change is begun, refused or lost
 * half way is for the servers to see to.
 */
import type { Random } from '../base/random.ts'
import type { Configuration, ServerId } from '../raft/index.ts'
import { serversOf } from '../raft/index.ts'
import type { Change } from './change.ts'
import type { Nemesis } from './nemesis.ts'

/** Asks a server for a change of the configuration that it has. */
export function strikeMembership(nemesis: Nemesis): void {
  const { random, world } = nemesis
  const { leader } = world
  const server = leader !== null && random.chance(0.9) ? leader : random.pick(world.servers)
  if (server.state === null) return
  const wanted = draw(random, server.state.configuration, world.serverIds)
  const voters = wanted.voters.filter((id) => !wanted.learners.includes(id))
  if (!isReliable(nemesis, voters)) return
  const addresses = new Map<ServerId, string>()
  for (const id of [...voters, ...wanted.learners]) {
    if (random.chance(0.3)) addresses.set(id, `${id}:${random.integer(1, 9)}`)
  }
  const change: Change = { ...wanted, voters, addresses, force: random.chance(0.5) }
  const learners = wanted.learners.length === 0 ? '' : ` and learners ${wanted.learners.join(' ')}`
  nemesis.note('churn', server.place, `is asked for voters ${voters.join(' ')}${learners}`)
  world.change(server, change)
}

/** Asks a leader, mostly, to hand its office to a server, or to whom it likes. */
export function strikeTransfer(nemesis: Nemesis): void {
  const { random, world } = nemesis
  const { leader } = world
  const server = leader !== null && random.chance(0.9) ? leader : random.pick(world.servers)
  const to = random.chance(0.3) ? null : random.pick(world.serverIds)
  nemesis.note('transfers', server.place, `is asked to hand its office to ${to ?? 'anybody'}`)
  world.transfer(server, to)
}

interface Wanted {
  readonly voters: readonly ServerId[]
  readonly learners: readonly ServerId[]
}

function draw(random: Random, current: Configuration, all: readonly ServerId[]): Wanted {
  const { voters, learners } = current
  const outside = all.filter((id) => !serversOf(current).includes(id))
  const [newcomer] = random.shuffle(outside)
  const [victim] = random.shuffle(voters)
  const staying = voters.filter((id) => id !== victim)
  switch (random.pick(['add', 'add', 'promote', 'promote', 'remove', 'demote', 'swap', 'any'])) {
    case 'add':
      return newcomer === undefined ? current : { voters, learners: [...learners, newcomer] }
    case 'promote':
      return { voters: [...voters, ...learners], learners: [] }
    case 'remove':
      return { voters: staying, learners }
    case 'demote':
      return victim === undefined ? current : { voters: staying, learners: [...learners, victim] }
    case 'swap':
      return { voters: [...staying, ...learners], learners: [] }
    default:
      return {
        voters: [...voters, ...learners].filter(() => random.chance(0.5)),
        learners: outside.filter(() => random.chance(0.3)),
      }
  }
}

/** Of every group of voters a majority have disks that do not forget: see atlas.ts. */
export function isReliable({ world }: Nemesis, voters: readonly ServerId[]): boolean {
  const frail = voters.filter((id) => world.atlas.frail.includes(world.serverNamed(id).place))
  return 2 * frail.length < voters.length
}
