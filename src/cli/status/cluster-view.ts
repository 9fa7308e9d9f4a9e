/**
 * A cluster as its servers see it themselves, put together from what each of them answers. It takes
 * nobody's word for another: a server that follows a leader says nothing about whether that leader
 * is there.
 */
import type { Client, ServerReport, ServerStatus } from '../../library/index.ts'

export type StatusClient = Pick<
  Client<Uint8Array, Uint8Array, Uint8Array, Uint8Array>,
  'status' | 'close'
>

/** One server: what it says of itself, or why it says nothing. */
export interface ServerView {
  /** Its name; where it has not answered and none was given, its address. */
  readonly id: string
  readonly address: string
  readonly status: ServerStatus | null
  /** Entries that are known to be committed and that it has not applied; null: it is not known. */
  readonly lag: number | null
  /** Why there is no status. */
  readonly error: { readonly code: string; readonly message: string } | null
}

export interface ClusterView {
  readonly servers: readonly ServerView[]
  /** The highest that anybody has told; null where nobody answers. */
  readonly term: number | null
  /**
   * The server that says itself that it leads, in that term; null: there is none. One of an earlier
   * term has been deposed and does not know it yet.
   */
  readonly leader: ServerStatus | null
  /** As the leader has it, or else the server with the highest commit index. */
  readonly voters: readonly string[]
  readonly votersOld: readonly string[] | null
  readonly learners: readonly string[]
}

/** Asks every server, and those of which the answers tell that they belong to it as well. */
export async function askAll(
  open: (servers: readonly string[]) => StatusClient,
  servers: readonly string[],
  timeoutMs: number,
): Promise<ServerReport[]> {
  const reports = await ask(open, servers, timeoutMs)
  const further = unasked(reports)
  if (further.length === 0) return reports
  return [...reports, ...(await ask(open, further, timeoutMs))]
}

async function ask(
  open: (servers: readonly string[]) => StatusClient,
  servers: readonly string[],
  timeoutMs: number,
): Promise<ServerReport[]> {
  const client = open(servers)
  try {
    return await client.status({ timeoutMs })
  } finally {
    await client.close()
  }
}

/** `name=host:port` of the members that were not asked. */
function unasked(reports: readonly ServerReport[]): string[] {
  const known = new Set(reports.flatMap(({ id, status }) => [id, status?.id ?? null]))
  const addresses = new Set(reports.map(({ address }) => address))
  const found = new Map<string, string>()
  for (const { status } of reports) {
    for (const [id, address] of Object.entries(status?.addresses ?? {})) {
      if (address !== '' && !known.has(id) && !addresses.has(address)) found.set(id, address)
    }
  }
  return [...found].map(([id, address]) => `${id}=${address}`)
}

export function viewOf(reports: readonly ServerReport[]): ClusterView {
  const statuses = reports.flatMap(({ status }) => (status === null ? [] : [status]))
  const term = highest(statuses.map((status) => status.term))
  const commitIndex = highest(statuses.map((status) => status.commitIndex))
  const leader = statuses.find((status) => status.role === 'leader' && status.term === term)
  const knowing = leader ?? statuses.find((status) => status.commitIndex === commitIndex)
  return {
    servers: reports.map(({ id, address, status, error }) => ({
      id: status?.id ?? id ?? address,
      address,
      status,
      lag: status === null ? null : Math.max(0, (commitIndex ?? 0) - status.lastApplied),
      error: error === null ? null : { code: error.code, message: error.message },
    })),
    term,
    leader: leader ?? null,
    voters: knowing?.voters ?? [],
    votersOld: knowing?.votersOld ?? null,
    learners: knowing?.learners ?? [],
  }
}

function highest(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : Math.max(...numbers)
}

/** Of the voters, those that answer. */
export function answering({ servers }: ClusterView, voters: readonly string[]): string[] {
  return voters.filter((id) => servers.some(({ status }) => status?.id === id))
}

/** Of the voters, those that say that they go by this leader; the leader among them. */
export function following(view: ClusterView, leader: ServerStatus): string[] {
  return leader.voters.filter((id) =>
    view.servers.some(
      ({ status }) =>
        status?.id === id && status.leaderId === leader.id && status.term === leader.term,
    ),
  )
}

/** Servers that belong to one cluster, and a view of them alone. */
export interface ClusterPart {
  readonly clusterId: string
  readonly ids: readonly string[]
  readonly view: ClusterView
}

/**
 * The clusters that the servers belong to, where that is more than one: their terms, logs and
 * leaders have nothing to do with each other. Who does not say where it belongs is in none.
 */
export function clustersIn(reports: readonly ServerReport[]): ClusterPart[] {
  const byCluster = new Map<string, ServerReport[]>()
  for (const report of reports) {
    const clusterId = report.status?.cluster?.clusterId ?? null
    if (clusterId === null) continue
    byCluster.set(clusterId, [...(byCluster.get(clusterId) ?? []), report])
  }
  if (byCluster.size < 2) return []
  return [...byCluster].map(([clusterId, own]) => {
    const view = viewOf(own)
    return { clusterId, ids: view.servers.map(({ id }) => id), view }
  })
}

/** What is wrong with a list of servers of several clusters. */
export function clustersLine(clusters: readonly ClusterPart[]): string {
  const each = clusters.map(({ clusterId, ids }) => `${clusterId}: ${ids.join(', ')}`)
  return `these servers belong to ${clusters.length} clusters: ${each.join('; ')}`
}
