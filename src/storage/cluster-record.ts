/**
 * What a data directory knows of its cluster: `cluster.json`, made once, when its server has
 * founded one or joined it, and before it promises anything to anybody. It names the log that it
 * belongs to, so that a directory whose log is gone is not taken for a new one.
 */
import { bytesEqual, utf8Decode, utf8Encode } from '../base/bytes.ts'
import type { Checksum } from '../base/crc32.ts'
import type { Disk } from '../ports/index.ts'
import type { ServerId } from '../raft/index.ts'
import { corrupt, StorageError } from './errors.ts'
import { formatVersion, hex32, type LogId, requireFormat } from './segment.ts'

export interface ClusterRecord {
  readonly clusterId: string
  /** Who founded the cluster, and votes until the log says otherwise; null: it joined later. */
  readonly founders: readonly Founder[] | null
}

export interface Founder {
  readonly id: ServerId
  readonly address: string
  readonly incarnation: number
}

export const clusterRecordName = 'cluster.json'

interface Content extends ClusterRecord {
  readonly format: number
  readonly logId: LogId
}

/** What is recorded beside the log of this number; null where nothing is yet. */
export function readClusterRecord(
  disk: Disk,
  logId: LogId,
  checksum: Checksum,
): ClusterRecord | null {
  if (!disk.list().includes(clusterRecordName)) return null
  const bytes = disk.read(clusterRecordName)
  const content = decode(bytes)
  if (content === null || !bytesEqual(bytes, encode(content, checksum))) {
    const what = 'the file is damaged, or was changed by hand'
    throw corrupt(disk.path, clusterRecordName, 0, what)
  }
  requireFormat(disk.path, clusterRecordName, content.format)
  if (content.logId !== logId) {
    throw new StorageError(
      'LOST',
      `the data directory ${disk.path} has lost the log that this server took part with in ` +
        `cluster ${content.clusterId}; put it back, or let the server join again as a new one in ` +
        'an empty directory',
      clusterRecordName,
    )
  }
  return content
}

/** Durable when this returns. */
export function writeClusterRecord(
  disk: Disk,
  logId: LogId,
  { clusterId, founders }: ClusterRecord,
  checksum: Checksum,
): void {
  const bytes = encode({ format: formatVersion, clusterId, logId, founders }, checksum)
  disk.create(clusterRecordName, bytes, bytes.length)
}

/** There is one text for each record, so any other text is damage. */
function encode({ format, clusterId, logId, founders }: Content, checksum: Checksum): Uint8Array {
  const listed = founders?.map(({ id, address, incarnation }) => ({ id, address, incarnation }))
  const content = { format, clusterId, logId, founders: listed ?? null }
  const sum = hex32(checksum(utf8Encode(JSON.stringify(content)), 0))
  return utf8Encode(`${JSON.stringify({ ...content, checksum: sum }, null, 2)}\n`)
}

function decode(bytes: Uint8Array): Content | null {
  const text = utf8Decode(bytes)
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return isContent(value) ? value : null
  } catch {
    return null
  }
}

function isContent(value: unknown): value is Content {
  if (typeof value !== 'object' || value === null) return false
  const { format, clusterId, logId, founders } = value as Record<string, unknown>
  if (typeof format !== 'number' || typeof clusterId !== 'string') return false
  if (typeof logId !== 'string') return false
  return founders === null || (Array.isArray(founders) && founders.every(isFounder))
}

function isFounder(value: unknown): value is Founder {
  if (typeof value !== 'object' || value === null) return false
  const { id, address, incarnation } = value as Record<string, unknown>
  return (
    typeof id === 'string' &&
    typeof address === 'string' &&
    Number.isSafeInteger(incarnation) &&
    (incarnation as number) > 0
  )
}

/** A positive number of 52 bits of the log's number, as messages between servers carry it. */
export function incarnationOfLog(logId: string): number {
  return Number.parseInt(logId.slice(0, 13), 16) || 1
}
