/**
 * A server whose data directory is emptied, and that is started again under its name (RethinkDB
 * 5289): it must neither vote nor acknowledge before it has been taken in anew, which an operator
 * sees to step by step, asking again until it is done.
 */
import {
  type Configuration,
  incarnationOf,
  isMember,
  isVoter,
  type ServerId,
} from '../raft/index.ts'
import { isReliable } from './membership-strikes.ts'
import type { Nemesis } from './nemesis.ts'
import type { SimServer } from './sim-server.ts'

/** Requests after which the operator gives up. */
const requestsMax = 60

export function strikeData(nemesis: Nemesis): void {
  const { random, world } = nemesis
  const { atlas } = world
  if (atlas.frail.length === 0) return
  const server = world.servers[random.pick(atlas.frail)] as SimServer
  atlas.damage(server.place)
  nemesis.note('emptiedDisks', server.place, 'its data directory is emptied')
  server.empty()
  nemesis.startLater(server)
  if (world.options.faults.includes('churn')) operate(nemesis, server, requestsMax)
}

function operate(nemesis: Nemesis, server: SimServer, requests: number): void {
  const { world } = nemesis
  const { incarnation } = server
  const timeoutMs = world.options.raft.electionTimeoutMaxMs as number
  nemesis.later(nemesis.around(2 * timeoutMs), () => {
    if (requests === 0 || server.incarnation !== incarnation) return
    const { leader } = world
    const configuration = leader?.state?.configuration
    if (leader != null && configuration !== undefined) {
      if (isVoter(configuration, server.id) && isWhole(configuration, server)) {
        world.marks.hit('emptied server votes again')
        return
      }
      ask(nemesis, leader, configuration, server)
    }
    operate(nemesis, server, requests - 1)
  })
}

function isWhole(configuration: Configuration, { id, incarnation }: SimServer): boolean {
  return incarnationOf(configuration, id) === incarnation
}

function ask(
  nemesis: Nemesis,
  leader: SimServer,
  configuration: Configuration,
  server: SimServer,
): void {
  const { world } = nemesis
  const { id } = server
  const { addresses } = configuration
  let { voters, learners } = configuration
  const others = (ids: readonly ServerId[]): ServerId[] => ids.filter((one) => one !== id)
  if (!isMember(configuration, id)) learners = [...learners, id]
  else if (isVoter(configuration, id)) voters = others(voters)
  else if (isWhole(configuration, server)) [voters, learners] = [[...voters, id], others(learners)]
  else if (nemesis.random.chance(0.5)) learners = others(learners)
  // A learner's data may also be told anew, with the request for what there is.
  if (voters.length === 0 || !isReliable(nemesis, voters)) return
  const kept = [...addresses].filter(([one]) => voters.includes(one) || learners.includes(one))
  const what = `is asked for voters ${voters.join(' ')} and learners ${learners.join(' ')}`
  world.trace.add('fault', leader.place, `${what}, since ${id} was emptied`, null)
  world.change(leader, { voters, learners, addresses: new Map(kept), force: false })
}
