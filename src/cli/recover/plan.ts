/**
 * What can be saved of a cluster that has lost its quorum, worked out from the data directories
 * that are left: whether the quorum is lost at all, which directory has the most, and what may be
 * lost for good. Nothing is written here.
 */
import {
  type Configuration,
  decodeConfiguration,
  type Entry,
  incarnationOf,
} from '../../raft/index.ts'
import { type InspectedLog, type Inspection, incarnationOfLog } from '../../storage/index.ts'
import { isBeingRefilled, problemsOf } from '../inspect/summary.ts'

/** A directory that is whole. */
export interface Survivor {
  readonly path: string
  readonly serverId: string
  readonly logId: string
  readonly clusterId: string | null
  readonly log: InspectedLog
  readonly inspection: Inspection
  /** Who takes part, as far as this directory knows; null: it does not say. */
  readonly configuration: Configuration | null
}

export interface RecoveryPlan {
  /** The most complete log of those that are left (§3.6.1). */
  readonly best: Survivor
  readonly survivors: readonly Survivor[]
  /** Voters of which there is no directory. */
  readonly missing: readonly string[]
  /** Every committed entry is in what is left: no majority could do without them (§3.6.1, §4.3). */
  readonly losesNothing: boolean
  /** Past every term that is known. */
  readonly term: number
  /** What has to be said again to have it done; another one where anything has changed. */
  readonly confirmation: string
}

/** Recovery is not possible, or not wanted; the message is one line. */
export class RecoveryError extends Error {
  readonly code = 'RECOVERY'
  override readonly name = 'RecoveryError'
}

export function survivorOf(path: string, inspection: Inspection): Survivor {
  const [problem] = problemsOf(inspection)
  if (problem !== undefined) throw new RecoveryError(`${path} is damaged, leave it out: ${problem}`)
  if (isBeingRefilled(inspection)) {
    throw new RecoveryError(`${path} was given up for damage, and is not filled: leave it out`)
  }
  const { identity, cluster, log } = inspection
  if (identity.value === null || log.value === null) {
    throw new RecoveryError(`${path} holds no log`)
  }
  return {
    path,
    serverId: identity.value.serverId,
    logId: identity.value.logId,
    clusterId: cluster.value?.clusterId ?? null,
    log: log.value,
    inspection,
    configuration: configurationIn(inspection, log.value),
  }
}

/** The latest in the log holds, committed or not; else the snapshot's; else the founders. */
function configurationIn(
  { snapshot, cluster }: Inspection,
  { entries }: InspectedLog,
): Configuration | null {
  const entry = entries.findLast(({ kind }: Entry) => kind === 'configuration')
  const bytes = entry?.command ?? snapshot.value?.configuration ?? null
  if (bytes !== null) return decodeConfiguration(bytes)
  const founders = cluster.value?.founders ?? null
  if (founders === null) return null
  const voters = founders.map(({ id }) => id)
  const incarnations = new Map(founders.map(({ id, incarnation }) => [id, incarnation]))
  return { voters, votersOld: null, learners: [], addresses: new Map(), incarnations }
}

/** Throws {@link RecoveryError} where the quorum is not lost, or the directories do not fit. */
export function planRecovery(survivors: readonly Survivor[]): RecoveryPlan {
  requireOneCluster(survivors)
  const [best] = [...survivors].sort(byLog)
  if (best === undefined) throw new RecoveryError('no directory was given')
  requireMembers(best, survivors)
  const groups = groupsOf(best)
  const there = new Set(survivors.map(({ serverId }) => serverId))
  const left = groups.map((group) => group.filter((id) => there.has(id)).length)
  if (groups.every((group, i) => (left[i] ?? 0) >= majorityOf(group.length))) {
    const names = groups[0]?.filter((id) => there.has(id)).join(', ')
    throw new RecoveryError(`${names} are a majority: no quorum is lost; start these servers`)
  }
  const { lastIndex, lastTerm } = best.log
  return {
    best,
    survivors,
    missing: [...new Set(groups.flat())].filter((id) => !there.has(id)),
    // Whether the last configuration is committed is not known. Where it is joint, the old group
    // may have gone on without it, or the new one behind it: neither has a majority without us.
    losesNothing: groups.every(
      (group, i) => (left[i] ?? 0) > group.length - majorityOf(group.length),
    ),
    term: Math.max(...survivors.map(({ log }) => log.currentTerm)) + 1,
    confirmation: `${best.serverId}-${lastIndex}@${lastTerm}-${best.logId.slice(0, 6)}`,
  }
}

function requireOneCluster(survivors: readonly Survivor[]): void {
  const clusters = new Set(survivors.map(({ clusterId }) => clusterId))
  if (clusters.size > 1) {
    const list = survivors.map(({ path, clusterId }) => `${path}: ${clusterId ?? 'none'}`)
    throw new RecoveryError(`the directories are of different clusters (${list.join(', ')})`)
  }
  for (const one of survivors) {
    const other = survivors.find((it) => it !== one && it.serverId === one.serverId)
    if (other === undefined) continue
    throw new RecoveryError(`${one.path} and ${other.path} are both of server ${one.serverId}`)
  }
}

/**
 * A directory that its server has not used since it was taken in anew stands for no voter: what
 * was committed since need not be in it, and the others turn it away.
 */
function requireMembers({ configuration }: Survivor, survivors: readonly Survivor[]): void {
  if (configuration === null) return
  for (const { path, serverId, logId } of survivors) {
    const expected = incarnationOf(configuration, serverId)
    if (expected === null || expected === incarnationOfLog(logId)) continue
    throw new RecoveryError(
      `${path} is no member's directory any more: ${serverId} has been taken in with another one ` +
        'since; leave it out',
    )
  }
}

function groupsOf({ configuration, path }: Survivor): (readonly string[])[] {
  if (configuration === null || configuration.voters.length === 0) {
    throw new RecoveryError(`${path} does not say who votes`)
  }
  const { voters, votersOld } = configuration
  return votersOld === null ? [voters] : [voters, votersOld]
}

function byLog({ log: one }: Survivor, { log: other }: Survivor): number {
  return other.lastTerm - one.lastTerm || other.lastIndex - one.lastIndex
}

function majorityOf(size: number): number {
  return Math.floor(size / 2) + 1
}
