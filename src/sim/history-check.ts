/**
 * What the clients saw, checked as a whole once a run is over: there must be an order of all the
 * appends, in accord with real time, that explains every answer and the log that came out.
 */
import {
  type CommandLogInput,
  type CommandLogOutput,
  check,
  commandLogModel,
  historyFromIntervals,
  type Interval,
} from '../linearizability/index.ts'
import type { Proposal } from './workload.ts'
import type { World } from './world.ts'

type Append = Interval<CommandLogInput, CommandLogOutput>

export function checkHistory(world: World): void {
  const { proposals, committed } = world.workload
  const intervals: Append[] = proposals.filter(mayHaveHappened).map(intervalOf)
  const commands = committed.filter((proposal) => proposal !== null).map(nameOf)
  intervals.push({
    process: 'reader',
    input: { kind: 'read' },
    output: { kind: 'all', commands },
    callTime: world.now,
    returnTime: world.now,
  })
  const result = check(commandLogModel('growing'), historyFromIntervals(intervals))
  if (result.verdict === 'ok') return
  world.fail('linearizability', `the history of ${proposals.length} proposals is ${result.verdict}`)
}

/** Refused and lost proposals had no effect, and the workload has seen to it that it is so. */
function mayHaveHappened({ status }: Proposal): boolean {
  return status !== 'refused' && status !== 'lost'
}

function intervalOf(proposal: Proposal): Append {
  const { id, askedAt, settledAt, status, index, isDeaf } = proposal
  const isKnown = status === 'committed' && !isDeaf
  return {
    process: `client ${id % 10}`,
    input: { kind: 'append', command: nameOf(proposal) },
    output: isKnown ? { kind: 'index', index } : undefined,
    callTime: askedAt,
    returnTime: settledAt,
  }
}

function nameOf({ id }: Proposal): string {
  return `c${id}`
}
