/**
 * Why a cluster is as it is, worked out from what its servers say of themselves: first whether
 * somebody leads and, if not, what is missing; then each server that is not as it should be; then
 * which votes were refused of late, and why. Nothing is guessed: what a silent server thinks is not
 * known.
 */
import type { ServerStatus } from '../../library/index.ts'
import type { ClusterView, ServerView } from '../status/cluster-view.ts'
import { diskFindings } from './disk-findings.ts'
import { type Finding, fault, note, seconds } from './finding.ts'
import { leaderFindings } from './leadership.ts'

/** Refusals that are told of; older ones explain nothing any more. */
const refusalAgeMaxMs = 60_000

/** A follower that is so few entries behind is merely being sent them. */
const lagWorthTelling = 100

export function findings(view: ClusterView): Finding[] {
  return [
    ...leaderFindings(view),
    ...view.servers.flatMap((server) => serverFindings(server, view)),
    ...divergence(view),
    ...refusals(view),
  ]
}

function serverFindings({ id, address, status, error }: ServerView, view: ClusterView): Finding[] {
  if (status === null) {
    const how = error?.code === 'TIMEOUT' ? 'is silent' : 'cannot be reached'
    const what = view.voters.includes(id) ? '(a voter) ' : ''
    return [fault(id, `${what}${how}: ${error?.message ?? address}`)]
  }
  return [
    ...standing(status),
    ...membership(status),
    ...diskFindings(status, view),
    ...standstill(status),
    ...behind(status, view),
    ...unheard(status, view),
  ]
}

/** What stands between it and the others, in its own words. */
function standing({ id, cluster }: ServerStatus): Finding[] {
  if (cluster === null) return []
  const { waiting, refusals: refused } = cluster
  const lines = waiting === null ? refused : [waiting, ...refused]
  return lines.map((line) => fault(id, `says: ${line}`))
}

function membership({ id, part, role, cluster, voters }: ServerStatus): Finding[] {
  if (cluster !== null && cluster.waiting !== null) return []
  switch (part) {
    case 'voter':
      return []
    case 'learner':
      return [note(id, 'is a learner: it is sent everything, and does not vote')]
    case 'joining':
      return [fault(id, `waits to be added to a cluster, as a ${role}: ${heard(voters)}`)]
    case 'removed':
      return [note(id, 'was removed from the cluster, and can be shut down')]
  }
}

/** What one that waits to be added has been told. */
function heard(voters: readonly string[]): string {
  if (voters.length === 0) return 'nobody has spoken to it'
  return `${voters.join(', ')} vote, and it is none of them (kontiki member add)`
}

/** What it holds back itself. */
function standstill({ id, savesPending, lastLogIndex, durableIndex }: ServerStatus): Finding[] {
  const unsaved = lastLogIndex - durableIndex
  if (savesPending === 0 || unsaved < lagWorthTelling) return []
  const text = `waits for its disk: ${unsaved} entries are not durable, in ${savesPending} writes`
  return [fault(id, text)]
}

function behind(status: ServerStatus, { leader }: ClusterView): Finding[] {
  const { id, lastApplied, lastLogIndex } = status
  if (leader === null || id === leader.id) return []
  const lag = leader.commitIndex - lastApplied
  if (lag < lagWorthTelling) return []
  const known = leader.peers?.find((peer) => peer.id === id)
  if (known === undefined) {
    return [fault(id, `is ${lag} entries behind: ${leader.id} leads, and does not know it`)]
  }
  if (known.install !== null) {
    const { bytes, bytesTotal } = known.install
    const text = `is ${lag} entries behind, and is sent a snapshot, since the log begins later`
    return [note(id, `${text}: it has ${bytes} of ${bytesTotal} bytes`)]
  }
  if (lastLogIndex - lastApplied > lag / 2) {
    return [note(id, `is ${lag} entries behind: it has them, and is applying them`)]
  }
  const contact = known.contactMs === null ? 'never' : `${seconds(known.contactMs)} ago`
  const sent = known.nextIndex - 1
  const text = `is ${lag} entries behind: ${leader.id} has sent up to ${sent}, knows `
  return [note(id, `${text}that it has ${known.matchIndex}, and was last answered ${contact}`)]
}

/** The leader is there, and this server does not hear it. */
function unheard(status: ServerStatus, { leader }: ClusterView): Finding[] {
  const { id, part, leaderId, role, term, leaderContactMs, electionTimeoutMs } = status
  if (leader === null || id === leader.id || part === 'joining' || part === 'removed') return []
  if (role === 'leader') {
    return [note(id, `led in term ${term}, and has not heard that ${leader.id} leads now`)]
  }
  const hears = leaderId === leader.id && term === leader.term
  const isLate = leaderContactMs === null || leaderContactMs > electionTimeoutMs[1]
  if (hears && !isLate) return []
  const when = leaderContactMs === null ? 'has never heard a leader' : lastHeard(leaderContactMs)
  const contact = leader.peers?.find((peer) => peer.id === id)?.contactMs ?? null
  const side =
    contact !== null && contact <= electionTimeoutMs[1]
      ? `, though it answers ${leader.id}: what ${leader.id} sends arrives late`
      : `: what ${leader.id} sends does not arrive, or what it answers`
  return [fault(id, `${when}, while ${leader.id} leads${side}`)]
}

function lastHeard(ms: number): string {
  return `last heard a leader ${seconds(ms)} ago`
}

/** The same entries applied, and not the same outcome. */
function divergence({ servers }: ClusterView): Finding[] {
  const byIndex = new Map<number, ServerStatus[]>()
  for (const { status } of servers) {
    if (status === null || status.part === 'joining') continue
    byIndex.set(status.lastApplied, [...(byIndex.get(status.lastApplied) ?? []), status])
  }
  return [...byIndex].flatMap(([index, statuses]) => {
    const digests = new Map<string, string[]>()
    for (const { digest, id } of statuses) digests.set(digest, [...(digests.get(digest) ?? []), id])
    if (digests.size < 2) return []
    const groups = [...digests].map(([digest, ids]) => `${ids.join(', ')} (${digest})`).join('; ')
    return [
      fault(null, `state machines have parted: at entry ${index} they are not alike: ${groups}`),
    ]
  })
}

function refusals({ servers }: ClusterView): Finding[] {
  return servers.flatMap(({ id, status }) =>
    (status?.recent ?? [])
      .filter(({ kind, agoMs }) => kind === 'voteRefused' && agoMs <= refusalAgeMaxMs)
      .map(({ text, agoMs, count }) => {
        const often = count === 1 ? '' : `, ${count} times`
        return note(id, `${text} (${seconds(agoMs)} ago${often})`)
      }),
  )
}
