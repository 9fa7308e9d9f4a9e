/**
 * Sessions in a snapshot (§6.3: they are part of the replicated state). The order of the sessions
 * is that of their activity, which is part of the state; their responses are in the order of their
 * numbers, so that equal states give equal bytes. docs/sessions.md has the format.
 */
import { ByteReader } from '../base/byte-reader.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import type { LogIndex, Milliseconds } from '../raft/index.ts'
import type { Response } from './outcome.ts'
import { Session } from './session.ts'
import { readRules, writeRules } from './session-command.ts'
import type { SessionRules } from './session-rules.ts'
import { SessionTable } from './session-table.ts'
import { SnapshotError } from './snapshot-frames.ts'

const formatVersion = 1

/** About how many bytes of sessions make a chunk; a session is never split. */
const chunkBytes = 64 * 1024

export interface SessionsHeader {
  readonly timeMs: Milliseconds
  readonly digest: number
  readonly rules: SessionRules
}

/** What a session was at one moment. Responses are never changed, so it shares them. */
interface SessionRecord {
  readonly clientId: LogIndex
  readonly lastActiveMs: Milliseconds
  readonly lowestUnanswered: number
  readonly responses: readonly (readonly [number, Response])[]
}

/** The sessions as they are now, as chunks that are written when they are asked for. */
export function sessionChunks(header: SessionsHeader, table: SessionTable): Iterable<Uint8Array> {
  const records: SessionRecord[] = []
  for (const session of table) {
    records.push({
      clientId: session.clientId,
      lastActiveMs: session.lastActiveMs,
      lowestUnanswered: session.lowestUnanswered,
      responses: session.responses(),
    })
  }
  return writeSessions(header, records)
}

function* writeSessions(
  { timeMs, digest, rules }: SessionsHeader,
  records: readonly SessionRecord[],
): Generator<Uint8Array> {
  const head = new ByteWriter().number(formatVersion).number(timeMs).number(digest)
  writeRules(head, rules)
  yield head.number(records.length).finish()
  let writer = new ByteWriter(chunkBytes)
  for (const record of records) {
    writeRecord(writer, record)
    if (writer.length < chunkBytes) continue
    yield writer.finish()
    writer = new ByteWriter(chunkBytes)
  }
  if (writer.length > 0) yield writer.finish()
}

function writeRecord(writer: ByteWriter, record: SessionRecord): void {
  writer.number(record.clientId).number(record.lastActiveMs).number(record.lowestUnanswered)
  writer.number(record.responses.length)
  for (const [sequenceNum, response] of record.responses) {
    writer.number(sequenceNum).number(response.index)
    if (response.kind === 'applied') writer.byte(0).bytes(response.response)
    else writer.byte(1).text(response.message)
  }
}

/** Throws SnapshotError for what was not written by {@link sessionChunks}. */
export function readSessions(chunks: Iterable<Uint8Array>): [SessionsHeader, SessionTable] {
  const table = new SessionTable()
  let header: (SessionsHeader & { readonly count: number }) | null = null
  for (const chunk of chunks) {
    const reader = new ByteReader(chunk)
    if (header === null) {
      header = readHeader(reader)
    } else {
      while (reader.remaining > 0) table.add(readSession(reader, table, header.timeMs))
    }
    if (!reader.isComplete) throw damaged()
  }
  if (header === null || header.count !== table.size) throw damaged()
  return [header, table]
}

function readHeader(reader: ByteReader): SessionsHeader & { readonly count: number } {
  const version = reader.number()
  if (version !== formatVersion) {
    throw new SnapshotError(`version ${version} of the snapshot's format is not known`)
  }
  const timeMs = reader.number()
  const digest = reader.number()
  const rules = readRules(reader)
  if (rules === null) throw damaged()
  return { timeMs, digest, rules, count: reader.number() }
}

function readSession(reader: ByteReader, table: SessionTable, timeMs: Milliseconds): Session {
  const clientId = reader.number()
  const session = new Session(clientId, reader.number(), reader.number())
  const { lastActiveMs, lowestUnanswered } = session
  if (lastActiveMs > timeMs || lastActiveMs < table.newestActiveMs) throw damaged()
  if (lowestUnanswered < 1 || table.get(clientId) !== undefined) throw damaged()
  let lowest = lowestUnanswered
  for (let count = reader.number(); count > 0; count--) {
    const sequenceNum = reader.number()
    const response = readResponse(reader)
    if (reader.hasFailed || sequenceNum < lowest) throw damaged()
    session.keep(sequenceNum, response)
    lowest = sequenceNum + 1
  }
  if (reader.hasFailed) throw damaged()
  return session
}

function readResponse(reader: ByteReader): Response {
  const index = reader.number()
  const kind = reader.byte()
  if (kind === 0) return { kind: 'applied', response: reader.bytes().slice(), index }
  if (kind === 1) return { kind: 'refused', message: reader.text(), index }
  throw damaged()
}

function damaged(): SnapshotError {
  return new SnapshotError("the snapshot's sessions are damaged")
}
