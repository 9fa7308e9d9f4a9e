/**
 * Whether somebody leads, and why not: too few voters answer; they do, and an election is under
 * way; or none of those that stand can win, because others have later entries.
 */
import type { ServerStatus } from '../../library/index.ts'
import { answering, type ClusterView, following } from '../status/cluster-view.ts'
import { type Finding, fault, note, seconds } from './finding.ts'

export function leaderFindings(view: ClusterView): Finding[] {
  const { leader, servers } = view
  if (leader !== null) return [led(view, leader)]
  const statuses = servers.flatMap(({ status }) => (status === null ? [] : [status]))
  if (statuses.length === 0) return [fault(null, 'there is no leader: no server answers')]
  const groups = view.votersOld === null ? [view.voters] : [view.voters, view.votersOld]
  const missing = groups.flatMap((group) => missingIn(view, group))
  if (missing.length > 0) return missing
  const intro = fault(null, `there is no leader in term ${view.term}, though a majority answers`)
  return [intro, ...elections(view, statuses)]
}

function led(view: ClusterView, leader: ServerStatus): Finding {
  const followers = following(view, leader)
  const { id, term, voters, peers } = leader
  const size = voters.length
  const text = `${id} leads in term ${term}, with ${followers.length} of ${size} voters`
  const heard = (peers ?? []).filter(({ id: peer, contactMs }) => {
    return voters.includes(peer) && contactMs !== null && contactMs <= leader.electionTimeoutMs[1]
  })
  const itself = voters.includes(id) ? 1 : 0
  const majority = majorityOf(size)
  if (heard.length + itself >= majority) return note(null, text)
  return fault(null, `${text}, and is answered by too few to commit anything: ${majority} needed`)
}

function missingIn(view: ClusterView, group: readonly string[]): Finding[] {
  const there = answering(view, group)
  const needed = majorityOf(group.length)
  if (group.length > 0 && there.length >= needed) return []
  if (group.length === 0) {
    return [fault(null, 'there is no leader: no server that answers knows who votes')]
  }
  const gone = group.filter((id) => !there.includes(id))
  const list = `${there.length} of ${group.length} voters answer, and ${needed} are needed`
  const remedy = `start ${needed - there.length} of ${gone.join(', ')}`
  return [fault(null, `there is no leader: ${list}; ${remedy}`)]
}

function majorityOf(size: number): number {
  return Math.floor(size / 2) + 1
}

/** A majority answers: who could win, who tries, and who still waits for a leader that is gone. */
function elections(view: ClusterView, statuses: readonly ServerStatus[]): Finding[] {
  const voters = statuses.filter(({ id }) => view.voters.includes(id))
  const [best, ...rest] = [...voters].sort(byLog)
  if (best === undefined) return []
  const equals = [best, ...rest.filter((other) => byLog(best, other) === 0)]
  return [electable(equals, voters), ...voters.flatMap((status) => trying(status, equals))]
}

/** The most up-to-date first (§3.6.1). */
function byLog(one: ServerStatus, other: ServerStatus): number {
  return other.lastLogTerm - one.lastLogTerm || other.lastLogIndex - one.lastLogIndex
}

function electable(best: readonly ServerStatus[], voters: readonly ServerStatus[]): Finding {
  const names = best.map(({ id }) => id).join(', ')
  const [{ lastLogIndex, lastLogTerm }] = best as readonly [ServerStatus]
  if (best.length === voters.length) return note(null, `any of ${names} can win: equal logs`)
  return note(null, `${names} can win all votes: the latest log, to ${lastLogIndex}@${lastLogTerm}`)
}

function trying(status: ServerStatus, best: readonly ServerStatus[]): Finding[] {
  const { id, role, leaderId, leaderContactMs, electionTimeoutMs, lastLogIndex, lastLogTerm } =
    status
  const [least, most] = electionTimeoutMs
  if (role === 'follower') {
    const heard = leaderContactMs === null ? '' : `, last heard ${seconds(leaderContactMs)} ago`
    const whom = leaderId === null ? 'a leader' : `${leaderId}${heard}`
    const when = `it stands for election after ${seconds(least)} to ${seconds(most)}`
    return [note(id, `waits for ${whom}; ${when} without one`)]
  }
  const canWin = best.some((one) => one.id === id)
  const log = canWin ? '' : `, with a log that ends early, at ${lastLogIndex}@${lastLogTerm}`
  const what = role === 'preCandidate' ? 'asks whether it would be elected' : 'stands for election'
  return [note(id, `${what}${log}`)]
}
