/**
 * What happened in a run that failed, for somebody who has to mend it: what broke and why, the
 * world it broke in, the last events in a column a server, and the command that plays it again.
 */
import { type FaultKind, faultNames } from './faults.ts'
import { withoutIdle } from './idle-events.ts'
import type { RunResult } from './run.ts'
import type { SimServer } from './sim-server.ts'
import type { RunOptions } from './swarm.ts'
import { traceHeading, traceLine } from './trace-text.ts'

/** Events told: what broke is mostly decided in the last few. */
const toldMax = 80

/** Of so many, before the idle ones are left out. */
const lookedAtMax = 2000

/** The command that plays the run again. */
export function replayCommand({ seed, wishes }: RunResult): string {
  const words = ['bin/kontiki.js sim', `--seed ${seed}`]
  if (wishes.servers !== null) words.push(`--servers ${wishes.servers}`)
  if (wishes.foreign !== null) words.push(`--foreign ${wishes.foreign}`)
  words.push(`--minutes ${wishes.safetyMs / 60_000}`)
  if (wishes.workload != null) words.push(`--workload ${wishes.workload}`)
  if (wishes.faults !== null) words.push(`--faults ${wishes.faults.join(',') || 'none'}`)
  return words.join(' ')
}

/** The story of a run that failed. `commit` names the code that was run, where it is known. */
export function tellStory(result: RunResult, commit: string | null): string {
  const { failure, world, seed } = result
  if (failure === null) return `seed ${seed} passed`
  const lines = [
    `seed ${seed} failed after ${(failure.atMs / 1000).toFixed(3)} s of cluster time`,
    '',
    `  broken   ${failure.broken}`,
    `  seen     ${failure.detail}`,
    `  code     ${commit ?? 'unknown'}`,
    `  replay   ${replayCommand(result)} --trace`,
    ...worldLines(result.options).map((line) => `  ${line}`),
    '',
    ...world.servers.map((server) => `  ${serverLine(server)}`),
    '',
    'The last events, without heartbeats that say nothing new:',
    traceHeading(world.serverIds),
    ...withoutIdle(world.trace.last(lookedAtMax)).slice(-toldMax).map(traceLine),
  ]
  if (failure.stack !== null) lines.push('', failure.stack)
  return lines.join('\n')
}

/** Where a server stood in the end. */
function serverLine({ id, state, isPaused, isDoomed, lives }: SimServer): string {
  if (state === null) return `${id.padEnd(8)} ${isDoomed ? 'down for good' : 'down'}, life ${lives}`
  const { role, currentTerm, votedFor, log, commitIndex, lastApplied, durableIndex } = state
  const leader = role.kind === 'follower' ? ` of ${role.leaderId ?? 'nobody'}` : ''
  return (
    `${id.padEnd(8)} ${isPaused ? 'paused, ' : ''}${role.kind}${leader}, term ${currentTerm}, ` +
    `vote ${votedFor ?? 'none'}, log to ${log.lastIndex}@${log.lastTerm}, durable to ` +
    `${durableIndex}, commit ${commitIndex}, applied ${lastApplied}, life ${lives}`
  )
}

function worldLines(options: RunOptions): string[] {
  const { servers, foreign, network, disk, faults, raft } = options
  const off = faultNames.filter((kind: FaultKind) => !faults.includes(kind))
  const { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs } = raft
  return [
    `servers  ${servers}${foreign === 0 ? '' : `, the last ${foreign} of them foreign`}`,
    `timeouts ${round(electionTimeoutMinMs)} to ${round(electionTimeoutMaxMs)} ms, ` +
      `heartbeat ${round(heartbeatIntervalMs)} ms`,
    `network  delay ${round(network.delayMinMs)} + ${round(network.delayMeanMs)} ms ` +
      `${network.delay}, loss ${network.lossChance}, repeats ${network.repeatChance}`,
    `limits   ${raft.appendEntriesBytesMax} bytes a request, ` +
      `${raft.inflightMessagesMax} requests and ${raft.inflightBytesMax} bytes on their way, ` +
      `${raft.uncommittedBytesMax} uncommitted`,
    `disk     sync ${round(disk.syncMinMs)} + ${round(disk.syncMeanMs)} ms`,
    ...clientLines(options),
    `faults   ${faults.join(' ') || 'none'}`,
    `without  ${off.join(' ') || 'nothing'}`,
  ]
}

function clientLines({ clients, raft, clocks }: RunOptions): string[] {
  if (clients === null) return ['clients  of the course, without sessions']
  const { service, client } = clients
  const { sessionTimeoutMs, sessionsMax, responsesMax } = service.sessions ?? {}
  const leases = raft.leaseClockDriftMax ?? null
  return [
    `clients  ${clients.clients}, reads ${clients.consistencies.join(' ')}, ` +
      `attempts of ${round(client.attemptTimeoutMs)} ms, ${client.inFlightMax} in flight`,
    `sessions ${sessionsMax} of ${round(sessionTimeoutMs)} ms, ${responsesMax} responses each`,
    `leases   ${leases === null ? 'none' : `for a drift of ${leases}`}, clocks drift by up to ` +
      `${round(clocks.driftMax)}, pre-vote ${raft.preVote === true ? 'on' : 'off'}`,
  ]
}

function round(value: number | undefined): string {
  return value === undefined ? '?' : String(Math.round(value * 100) / 100)
}
