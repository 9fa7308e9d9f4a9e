/** What a data directory holds, in a few lines or as one object. */
import { decodeConfiguration, describeConfiguration, type Snapshot } from '../../raft/index.ts'
import type { InspectedLog, Inspection } from '../../storage/index.ts'
import { configurationJson } from './entry-json.ts'

/** What is wrong, a line each; empty where every checksum is right. */
export function problemsOf(inspection: Inspection): string[] {
  const { identity, cluster, log, snapshot, starts, terms } = inspection
  const parts = [identity, cluster, snapshot, log, starts, terms]
  const problems = parts.flatMap(({ problem }) => (problem === null ? [] : [problem.message]))
  return [...new Set(problems)]
}

export function isEmpty({ identity, log, snapshot, segments }: Inspection): boolean {
  const holdsNothing = [identity, log, snapshot].every(
    ({ value, problem }) => value === null && problem === null,
  )
  return holdsNothing && segments.length === 0
}

export function summaryLines(path: string, inspection: Inspection): string[] {
  if (isEmpty(inspection)) return [`${path} holds no log`]
  const { identity, cluster, log, snapshot, segments } = inspection
  const size = segments.reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    identity.value === null
      ? 'server:    not known'
      : `server:    ${identity.value.serverId}, log ${identity.value.logId}`,
    ...(cluster.value === null ? [] : [`cluster:   ${cluster.value.clusterId}`]),
    ...(log.value === null ? ['log:       damaged'] : logLines(log.value)),
    `snapshot:  ${snapshotText(snapshot.value, snapshot.problem !== null)}`,
    `segments:  ${segments.length}, ${size} bytes`,
    ...notesOf(inspection).map((note) => `note:      ${note}`),
    problemsOf(inspection).length === 0 ? 'checksums: right' : 'checksums: WRONG, see below',
  ]
}

function logLines({ currentTerm, votedFor, entries, lastIndex, lastTerm }: InspectedLog): string[] {
  const first = entries[0]
  const range =
    first === undefined
      ? 'no entries'
      : `entries ${first.index} to ${lastIndex} (${entries.length})`
  return [
    `term:      ${currentTerm}, voted for ${votedFor ?? 'nobody'}`,
    `log:       ${range}, the last of term ${lastTerm}`,
    `members:   ${membersText(entries)}`,
  ]
}

/** The latest configuration in the log; what it had before is the snapshot's, or its start's. */
function membersText(entries: InspectedLog['entries']): string {
  const entry = entries.findLast(({ kind }) => kind === 'configuration')
  const configuration = entry === undefined ? null : decodeConfiguration(entry.command)
  if (entry === undefined || configuration === null) return 'none in these entries'
  return `${describeConfiguration(configuration)}, since entry ${entry.index}`
}

function snapshotText(snapshot: Snapshot | null, isDamaged: boolean): string {
  if (snapshot === null) return isDamaged ? 'damaged' : 'none'
  const { lastIndex, lastTerm, size } = snapshot
  const members = decodeConfiguration(snapshot.configuration)
  const who = members === null ? '' : `, ${describeConfiguration(members)}`
  return `through entry ${lastIndex} of term ${lastTerm}, ${size} bytes${who}`
}

function notesOf(inspection: Inspection): readonly string[] {
  const notes = inspection.log.value?.notes ?? []
  if (!isBeingRefilled(inspection)) return notes
  const term = inspection.terms.value?.refillTerm
  return [...notes, `given up for damage: it votes once it has an entry of term ${term} or later`]
}

/** It has less than it promised, and knows it. */
export function isBeingRefilled({ log, terms }: Inspection): boolean {
  if (terms.value === null) return false
  const { refillTerm, isClearing } = terms.value
  return isClearing || (log.value?.lastTerm ?? 0) < refillTerm
}

export function summaryJson(path: string, inspection: Inspection): object {
  const { identity, cluster, log, snapshot, segments } = inspection
  const { entries, ...state } = log.value ?? { entries: [] }
  return {
    directory: path,
    identity: identity.value,
    clusterId: cluster.value?.clusterId ?? null,
    ...(log.value === null ? { log: null } : { ...state, firstIndex: entries[0]?.index ?? null }),
    entries: entries.length,
    snapshot: snapshot.value === null ? null : snapshotJson(snapshot.value),
    segments,
    problems: problemsOf(inspection),
  }
}

function snapshotJson({ lastIndex, lastTerm, size, configuration }: Snapshot): object {
  const members = decodeConfiguration(configuration)
  const json = members === null ? null : configurationJson(members)
  return { lastIndex, lastTerm, size, configuration: json }
}
