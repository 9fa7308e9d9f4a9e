/** The operations of the versioned key-value model in JSON Lines; see operation-codecs.ts. */
import type { VersionedKvInput, VersionedKvOutput } from '../models/versioned-kv.ts'
import type { Fields } from './fields.ts'
import { quoted } from './format-error.ts'
import type { JsonFields, OperationCodec } from './operation-codecs.ts'

export const versionedKvCodec: OperationCodec<VersionedKvInput, VersionedKvOutput> = {
  readCall,
  readReturn,
  writeCall: ({ key, ...input }) => {
    const { kind: operation, ...fields } = input
    if (!('expectedVersion' in fields)) return { operation, key, ...fields }
    const { expectedVersion, ...others } = fields
    return { operation, key, ...others, expected: expectedVersion ?? undefined }
  },
  writeReturn,
}

function readCall(fields: Fields): VersionedKvInput {
  const kind = fields.text('operation')
  const key = fields.name('key')
  switch (kind) {
    case 'get':
      return { kind, key }
    case 'put':
      return { kind, key, value: fields.text('value'), expectedVersion: expected(fields) }
    case 'delete':
      return { kind, key, expectedVersion: expected(fields) }
    case 'cas':
      return { kind, key, from: textOrNull(fields, 'from'), to: fields.text('to') }
    case 'increment':
      return { kind, key, by: fields.integer('by', Number.MIN_SAFE_INTEGER) }
    case 'append':
      return { kind, key, value: fields.text('value') }
    default:
      return fields.fail(
        `operation ${quoted(kind)} is not get, put, delete, cas, increment or append`,
      )
  }
}

function expected(fields: Fields): number | null {
  return fields.has('expected') ? fields.integer('expected', 0) : null
}

function readReturn(fields: Fields, input: VersionedKvInput): VersionedKvOutput {
  if (input.kind === 'get') {
    return { kind: 'value', value: textOrNull(fields, 'value'), version: version(fields) }
  }
  if (input.kind === 'increment') {
    if (!fields.has('sum')) return fields.boolean('applied') ? sumMissing(fields) : refused
    const sum = fields.integer('sum', Number.MIN_SAFE_INTEGER)
    return { kind: 'incremented', sum, version: version(fields) }
  }
  if (fields.has('existed')) return { kind: 'deleted', existed: fields.boolean('existed') }
  return { kind: fields.boolean('applied') ? 'changed' : 'conflict', version: version(fields) }
}

const refused: VersionedKvOutput = { kind: 'refused' }

function sumMissing(fields: Fields): never {
  return fields.fail('an increment that was applied has a "sum"')
}

function version(fields: Fields): number | null {
  return fields.has('version') ? fields.integer('version', 0) : null
}

function textOrNull(fields: Fields, name: string): string | null {
  const value = fields.registerValue(name)
  if (value === null || typeof value === 'string') return value
  return fields.fail(`field ${quoted(name)} is not a text or null`)
}

function writeReturn(output: VersionedKvOutput): JsonFields {
  switch (output.kind) {
    case 'value':
      return { value: output.value, version: output.version ?? undefined }
    case 'incremented':
      return { sum: output.sum, version: output.version ?? undefined }
    case 'deleted':
      return { existed: output.existed }
    case 'refused':
      return { applied: false }
    default:
      return { applied: output.kind === 'changed', version: output.version ?? undefined }
  }
}
