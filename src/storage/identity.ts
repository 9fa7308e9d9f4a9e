/**
 * Whose log a directory holds: `identity.json`, made once, with the directory's first segment. A
 * directory that belongs to another server, or to a cluster of other servers, is refused, since its
 * votes and entries would be taken for this one's. So is one that has lost its log.
 */
import { bytesEqual, utf8Decode, utf8Encode } from '../base/bytes.ts'
import type { Checksum } from '../base/crc32.ts'
import type { ServerId } from '../raft/index.ts'
import { corrupt, StorageError } from './errors.ts'
import { formatVersion, hex32, type LogId, requireFormat } from './segment.ts'

/** Who the server is, and with whom it started; the order of the list means nothing. */
export interface Identity {
  readonly serverId: ServerId
  readonly servers: readonly ServerId[]
}

export const identityName = 'identity.json'

interface Content {
  readonly format: number
  readonly serverId: ServerId
  readonly servers: readonly ServerId[]
  readonly logId: LogId
}

/** The file's bytes. There is one text for each identity, so any other text is damage. */
export function encodeIdentity(identity: Identity, logId: LogId, checksum: Checksum): Uint8Array {
  const { serverId, servers } = identity
  return encode({ format: formatVersion, serverId, servers: [...servers].sort(), logId }, checksum)
}

function encode({ format, serverId, servers, logId }: Content, checksum: Checksum): Uint8Array {
  const content = { format, serverId, servers, logId }
  const sum = hex32(checksum(utf8Encode(JSON.stringify(content)), 0))
  return utf8Encode(`${JSON.stringify({ ...content, checksum: sum }, null, 2)}\n`)
}

/** What the file says. Throws where it is damaged. */
export function decodeIdentity(
  path: string,
  bytes: Uint8Array,
  checksum: Checksum,
): Identity & { readonly logId: LogId } {
  const content = decode(bytes)
  if (content === null || !bytesEqual(bytes, encode(content, checksum))) {
    throw corrupt(path, identityName, 0, 'the file is damaged, or was changed by hand')
  }
  requireFormat(path, identityName, content.format)
  return content
}

/** The log's number, if the file says that it belongs to `identity`. */
export function requireIdentity(
  path: string,
  bytes: Uint8Array,
  identity: Identity,
  checksum: Checksum,
): LogId {
  const content = decodeIdentity(path, bytes, checksum)
  if (content.serverId !== identity.serverId) {
    throw mismatch(path, `belongs to server ${content.serverId}, not to ${identity.serverId}`)
  }
  const gone = content.servers.filter((server) => !identity.servers.includes(server))
  const added = identity.servers.filter((server) => !content.servers.includes(server))
  if (gone.length > 0 || added.length > 0) {
    const differences = [
      ...(gone.length > 0 ? [`the list no longer has ${gone.join(', ')}`] : []),
      ...(added.length > 0 ? [`the list now also has ${added.join(', ')}`] : []),
    ]
    throw mismatch(path, `was made for another list of servers: ${differences.join(', and ')}`)
  }
  return content.logId
}

function mismatch(path: string, what: string): StorageError {
  return new StorageError(
    'IDENTITY_MISMATCH',
    `the data directory ${path} ${what}; give the server its own directory, or the arguments ` +
      'that it was first started with',
    identityName,
  )
}

function decode(bytes: Uint8Array): Content | null {
  const text = utf8Decode(bytes)
  if (text === null) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  return isContent(value) ? value : null
}

function isContent(value: unknown): value is Content {
  if (typeof value !== 'object' || value === null) return false
  const { format, serverId, servers, logId } = value as Record<string, unknown>
  if (typeof format !== 'number' || typeof serverId !== 'string') return false
  if (!Array.isArray(servers) || typeof logId !== 'string') return false
  return servers.every((server) => typeof server === 'string')
}
