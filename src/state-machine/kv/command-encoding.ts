/**
 * Commands and queries of the key-value machine as bytes: a code, then the fields in their order,
 * as a ByteWriter writes them. docs/key-value.md lists them.
 */
import { unreachable } from '../../base/assert.ts'
import { ByteReader } from '../../base/byte-reader.ts'
import { ByteWriter } from '../../base/byte-writer.ts'
import { Slab } from '../../base/slab.ts'
import type { KvCommand, KvExpectation, KvQuery } from './key-value.ts'

/** A number that cannot be sent, because it is none that the machine could take. */
export class KvArgumentError extends Error {
  readonly code = 'INVALID_ARGUMENT'
  override readonly name = 'KvArgumentError'
}

/** A code, lengths, and an expectation; what a compare-and-set expects is beyond it. */
const besideValueBytes = 32

/** For what a client sends: it is done with in about the order in which it began. */
const slab = new Slab()

const commandCodes = { put: 1, delete: 2, compareAndSet: 3, increment: 4, append: 5 } as const
const queryCodes = { get: 1, list: 2, stats: 3 } as const

/** Throws {@link KvArgumentError} for a number that is no safe integer. */
export function encodeKvCommand(command: KvCommand): Uint8Array {
  const valueBytes = 'value' in command ? command.value.length : 0
  const writer = new ByteWriter(besideValueBytes + 3 * command.key.length + valueBytes)
  writer.byte(commandCodes[command.kind]).text(command.key)
  switch (command.kind) {
    case 'put':
      writer.bytes(command.value)
      writeExpectation(writer, command.expected)
      break
    case 'delete':
      writeExpectation(writer, command.expected)
      break
    case 'compareAndSet':
      if (command.expected === null) writer.byte(0)
      else writer.byte(1).bytes(command.expected)
      writer.bytes(command.value)
      break
    case 'increment':
      if (!Number.isSafeInteger(command.by)) throw notWhole('by', command.by)
      writeSigned(writer, command.by)
      break
    case 'append':
      writer.bytes(command.value)
      break
    default:
      unreachable(command)
  }
  return writer.finishIn(slab)
}

/** Null where the bytes are no command. Values are views of the bytes. */
export function decodeKvCommand(bytes: Uint8Array): KvCommand | null {
  const reader = new ByteReader(bytes)
  const command = readCommand(reader)
  return reader.isComplete ? command : null
}

function readCommand(reader: ByteReader): KvCommand | null {
  const code = reader.byte()
  const key = reader.text()
  switch (code) {
    case commandCodes.put:
      return { kind: 'put', key, value: reader.bytes(), expected: readExpectation(reader) }
    case commandCodes.delete:
      return { kind: 'delete', key, expected: readExpectation(reader) }
    case commandCodes.compareAndSet: {
      const expected = readFlag(reader) ? reader.bytes() : null
      return { kind: 'compareAndSet', key, expected, value: reader.bytes() }
    }
    case commandCodes.increment:
      return { kind: 'increment', key, by: readSigned(reader) }
    case commandCodes.append:
      return { kind: 'append', key, value: reader.bytes() }
    default:
      return null
  }
}

/** Throws {@link KvArgumentError} for a limit that is no whole number. */
export function encodeKvQuery(query: KvQuery): Uint8Array {
  const writer = new ByteWriter()
  writer.byte(queryCodes[query.kind])
  switch (query.kind) {
    case 'get':
      writer.text(query.key)
      break
    case 'list':
      writer.text(query.prefix).text(query.after).number(whole('limit', query.limit))
      writer.byte(query.keysOnly ? 1 : 0)
      break
    case 'stats':
      break
    default:
      unreachable(query)
  }
  return writer.finishIn(slab)
}

/** Null where the bytes are no query. */
export function decodeKvQuery(bytes: Uint8Array): KvQuery | null {
  const reader = new ByteReader(bytes)
  const query = readQuery(reader)
  return reader.isComplete ? query : null
}

function readQuery(reader: ByteReader): KvQuery | null {
  switch (reader.byte()) {
    case queryCodes.get:
      return { kind: 'get', key: reader.text() }
    case queryCodes.list:
      return {
        kind: 'list',
        prefix: reader.text(),
        after: reader.text(),
        limit: reader.number(),
        keysOnly: readFlag(reader),
      }
    case queryCodes.stats:
      return { kind: 'stats' }
    default:
      return null
  }
}

function writeExpectation(writer: ByteWriter, expected: KvExpectation | null): void {
  if (expected === null) {
    writer.byte(0)
  } else if (expected.kind === 'version') {
    writer.byte(1).number(whole('the expected version', expected.version))
  } else {
    const { modificationIndex } = expected
    writer.byte(2).number(whole('the expected modification index', modificationIndex))
  }
}

function readExpectation(reader: ByteReader): KvExpectation | null {
  switch (reader.byte()) {
    case 0:
      return null
    case 1:
      return { kind: 'version', version: reader.number() }
    case 2:
      return { kind: 'modificationIndex', modificationIndex: reader.number() }
    default:
      reader.fail()
      return null
  }
}

/** A safe integer: its sign, then its absolute value. */
export function writeSigned(writer: ByteWriter, value: number): void {
  writer.byte(value < 0 ? 1 : 0).number(Math.abs(value))
}

export function readSigned(reader: ByteReader): number {
  const isNegative = readFlag(reader)
  const absolute = reader.number()
  if (isNegative && absolute === 0) reader.fail()
  return isNegative ? -absolute : absolute
}

export function readFlag(reader: ByteReader): boolean {
  const byte = reader.byte()
  if (byte > 1) reader.fail()
  return byte === 1
}

function whole(what: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw notWhole(what, value)
  return value
}

function notWhole(what: string, value: number): KvArgumentError {
  return new KvArgumentError(`${what} is a whole number below 2^53, not ${value}`)
}
