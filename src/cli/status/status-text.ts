/** `kontiki status` for people: the table, and what it comes to in words. */
import type { ServerStatus } from '../../library/index.ts'
import { type Column, type Paint, tableLines } from '../table.ts'
import {
  answering,
  type ClusterPart,
  type ClusterView,
  clustersLine,
  following,
  type ServerView,
} from './cluster-view.ts'

const columns: readonly Column[] = [
  { title: 'server' },
  { title: 'address' },
  { title: 'state' },
  { title: 'term', align: 'right' },
  { title: 'leader' },
  { title: 'commitIndex', align: 'right' },
  { title: 'lastApplied', align: 'right' },
  { title: 'lag', align: 'right' },
  { title: 'sessions', align: 'right' },
  { title: 'uptime', align: 'right' },
]

/** The table, then a line on the leader, then a line for each thing that is not as it should be. */
export function statusLines(view: ClusterView, paint: Paint): string[] {
  const rows = view.servers.map((server) => row(server, view, paint))
  return [...tableLines(columns, rows, paint), '', leaderLine(view), ...remarks(view)]
}

/** Each cluster by itself, after what is wrong. */
export function clustersLines(clusters: readonly ClusterPart[], paint: Paint): string[] {
  const each = clusters.flatMap(({ view }) => ['', ...statusLines(view, paint)])
  return [`${paint('red', '!')} ${clustersLine(clusters)}`, ...each]
}

function row({ id, address, status, lag, error }: ServerView, view: ClusterView, paint: Paint) {
  if (status === null) {
    const state = error?.code === 'TIMEOUT' ? 'silent' : 'unreachable'
    return [id, address, paint('red', state)]
  }
  const state = stateOf(status, view)
  return [
    id,
    address,
    state === 'leader' ? paint('green', state) : state,
    String(status.term),
    status.leaderId ?? '-',
    String(status.commitIndex),
    String(status.lastApplied),
    String(lag),
    String(status.sessions),
    durationOf(status.uptimeMs),
  ]
}

function stateOf(status: ServerStatus, { leader, learners }: ClusterView): string {
  if (status.role === 'leader') return status.id === leader?.id ? 'leader' : 'was leader'
  if (status.role === 'follower' && learners.includes(status.id)) return 'learner'
  return status.role
}

/** Who leads, or why it is not known that anybody does. */
export function leaderLine(view: ClusterView): string {
  const { leader, voters, term } = view
  if (term === null) return 'no leader: no server answers'
  if (leader === null) {
    const answers = `${answering(view, voters).length} of ${voters.length} voters answer`
    return `no leader: nobody says that it leads in term ${term}; ${answers}`
  }
  const followers = following(view, leader).length
  const size = leader.voters.length
  return `${leader.id} leads in term ${leader.term}, with ${followers} of ${size} voters`
}

function remarks(view: ClusterView): string[] {
  const { servers, leader, votersOld, voters } = view
  const change =
    votersOld === null ? [] : [`a change of members is under way: ${votersOld} to ${voters}`]
  return [
    ...servers.flatMap(({ id, error }) => (error === null ? [] : [`${id}: ${error.message}`])),
    ...servers.flatMap((server) => standing(server)),
    ...servers.flatMap((server) => unwell(server)),
    ...servers.flatMap((server) => gone(server, leader)),
    ...servers.flatMap((server) => strangerIn(server)),
    ...change,
  ]
}

/** What a server waits for, and who does not let it in. */
function standing({ id, status }: ServerView): string[] {
  const cluster = status?.cluster ?? null
  if (cluster === null) return []
  const waiting = cluster.waiting === null ? [] : [cluster.waiting]
  return [...waiting, ...cluster.refusals].map((line) => `${id}: ${line}`)
}

function unwell({ id, status }: ServerView): string[] {
  if (status?.disk === 'full') return [`${id}: disk full: it takes no commands until there is room`]
  if (status?.disk === 'silent') return [`${id}: disk hangs: it has saved nothing of late`]
  return []
}

/** A server that still follows who is not there, or not the leader. */
function gone({ id, status }: ServerView, leader: ServerStatus | null): string[] {
  if (status === null || status.leaderId === null || status.leaderId === leader?.id) return []
  if (status.role === 'leader') return [`${id}: was leader of term ${status.term}, and is no more`]
  return [`${id}: last heard ${status.leaderId} lead, in term ${status.term}`]
}

/** Asked by an address that the cluster has for another. */
function strangerIn({ address, status }: ServerView): string[] {
  if (status === null) return []
  const known = Object.entries(status.addresses).find(([, at]) => at === address)
  if (known === undefined || known[0] === status.id) return []
  return [`${address}: is ${known[0]}'s address, and ${status.id} answers there`]
}

/** In two units at most: `3d 4h`, `2m 5s`. */
export function durationOf(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first === -1) return '0s'
  const shown = parts.slice(first, first + 2).filter(([amount]) => amount > 0)
  return shown.map(([amount, unit]) => `${amount}${unit}`).join(' ')
}
