/**
 * Results and answers of the key-value machine as bytes: a code, then the fields in their order.
 * Whoever does not know a code or a field cannot read the whole: it is then no answer of ours.
 */
import { unreachable } from '../../base/assert.ts'
import { ByteReader } from '../../base/byte-reader.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { Slab } from '../../base/slab.ts'
import { readFlag, readSigned, writeSigned } from './command-encoding.ts'
import {
  type KvAnswer,
  type KvEntry,
  type KvError,
  type KvResult,
  type KvRevision,
  kvErrorCodes,
} from './key-value.ts'

/** A code, a key of common length, a revision. */
const besideValueBytes = 256

/** For answers to queries, which are kept by nobody. */
const slab = new Slab()

const resultCodes = { error: 0, changed: 1, incremented: 2, deleted: 3, conflict: 4 } as const
const answerCodes = { error: 0, found: 1, absent: 2, page: 3, stats: 4 } as const

export function encodeKvResult(result: KvResult): Uint8Array {
  const writer = new ByteWriter(32)
  writer.byte(resultCodes[result.kind])
  switch (result.kind) {
    case 'error':
      writeError(writer, result)
      break
    case 'changed':
      writeRevision(writer, result.revision)
      break
    case 'incremented':
      writeSigned(writer, result.value)
      writeRevision(writer, result.revision)
      break
    case 'deleted':
      writer.byte(result.existed ? 1 : 0)
      break
    case 'conflict':
      writer.byte(result.current === null ? 0 : 1)
      if (result.current !== null) writeRevision(writer, result.current)
      break
    default:
      unreachable(result)
  }
  return writer.finish()
}

/** Null where the bytes are no result. */
export function decodeKvResult(bytes: Uint8Array): KvResult | null {
  const reader = new ByteReader(bytes)
  const result = readResult(reader)
  return reader.isComplete ? result : null
}

function readResult(reader: ByteReader): KvResult | null {
  switch (reader.byte()) {
    case resultCodes.error:
      return readError(reader)
    case resultCodes.changed:
      return { kind: 'changed', revision: readRevision(reader) }
    case resultCodes.incremented:
      return { kind: 'incremented', value: readSigned(reader), revision: readRevision(reader) }
    case resultCodes.deleted:
      return { kind: 'deleted', existed: readFlag(reader) }
    case resultCodes.conflict:
      return { kind: 'conflict', current: readFlag(reader) ? readRevision(reader) : null }
    default:
      return null
  }
}

export function encodeKvAnswer(answer: KvAnswer): Uint8Array {
  const valueBytes = answer.kind === 'found' ? answer.entry.value.length : 0
  const writer = new ByteWriter(besideValueBytes + valueBytes)
  writer.byte(answerCodes[answer.kind])
  switch (answer.kind) {
    case 'error':
      writeError(writer, answer)
      break
    case 'found':
      writeKvEntry(writer, answer.entry)
      break
    case 'absent':
      break
    case 'page':
      writer.number(answer.entries.length)
      for (const entry of answer.entries) writeKvEntry(writer, entry)
      writer.byte(answer.next === null ? 0 : 1)
      if (answer.next !== null) writer.text(answer.next)
      break
    case 'stats':
      writer.number(answer.stats.keys).number(answer.stats.bytes)
      break
    default:
      unreachable(answer)
  }
  return writer.finishIn(slab)
}

/** Null where the bytes are no answer. Values are views of the bytes. */
export function decodeKvAnswer(bytes: Uint8Array): KvAnswer | null {
  const reader = new ByteReader(bytes)
  const answer = readAnswer(reader)
  return reader.isComplete ? answer : null
}

function readAnswer(reader: ByteReader): KvAnswer | null {
  switch (reader.byte()) {
    case answerCodes.error:
      return readError(reader)
    case answerCodes.found:
      return { kind: 'found', entry: readKvEntry(reader) }
    case answerCodes.absent:
      return { kind: 'absent' }
    case answerCodes.page: {
      const entries: KvEntry[] = []
      for (let count = reader.number(); count > 0 && !reader.hasFailed; count--) {
        entries.push(readKvEntry(reader))
      }
      return { kind: 'page', entries, next: readFlag(reader) ? reader.text() : null }
    }
    case answerCodes.stats:
      return { kind: 'stats', stats: { keys: reader.number(), bytes: reader.number() } }
    default:
      return null
  }
}

/** Also in snapshots. */
export function writeKvEntry(writer: ByteWriter, entry: KvEntry): void {
  writer.text(entry.key).bytes(entry.value)
  writeRevision(writer, entry)
}

export function readKvEntry(reader: ByteReader): KvEntry {
  const key = reader.text()
  const value = reader.bytes()
  return { key, value, ...readRevision(reader) }
}

function writeRevision(writer: ByteWriter, revision: KvRevision): void {
  writer.number(revision.version).number(revision.createIndex).number(revision.modificationIndex)
}

function readRevision(reader: ByteReader): KvRevision {
  return {
    version: reader.number(),
    createIndex: reader.number(),
    modificationIndex: reader.number(),
  }
}

function writeError(writer: ByteWriter, { code, message }: KvError): void {
  writer.byte(kvErrorCodes.indexOf(code)).text(message)
}

function readError(reader: ByteReader): KvError | null {
  const code = kvErrorCodes[reader.byte()]
  const message = reader.text()
  return code === undefined ? null : { kind: 'error', code, message }
}
