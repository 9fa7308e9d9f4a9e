/**
 * How the operations of each model are written in JSON Lines: the fields of a call beside `event`
 * and `process`, and those of a return. docs/linearizability.md lists them for users.
 */
import type { CasRegisterInput, CasRegisterOutput } from '../models/cas-register.ts'
import type { CommandLogInput, CommandLogOutput } from '../models/command-log.ts'
import type { KeyValueInput, KeyValueOutput } from '../models/key-value.ts'
import type { RegisterInput, RegisterOutput } from '../models/register.ts'
import type { Fields } from './fields.ts'
import { quoted } from './format-error.ts'

/** Fields as they are written; undefined ones are not. */
export type JsonFields = Readonly<Record<string, unknown>>

export interface OperationCodec<Input, Output> {
  readCall(fields: Fields): Input
  readReturn(fields: Fields, input: Input): Output
  writeCall(input: Input): JsonFields
  writeReturn(output: Output, input: Input): JsonFields
}

export const casRegisterCodec: OperationCodec<CasRegisterInput, CasRegisterOutput> = {
  readCall: (fields) => {
    const kind = fields.text('operation')
    if (kind !== 'cas') return readRegisterCall(fields, kind, 'read, write or cas')
    const key = readKey(fields)
    return { kind, key, from: fields.registerValue('from'), to: fields.registerValue('to') }
  },
  readReturn: (fields, input) => {
    if (input.kind !== 'cas') return registerCodec.readReturn(fields, input)
    return { kind: fields.boolean('applied') ? 'done' : 'refused' }
  },
  writeCall: (input) =>
    input.kind === 'cas'
      ? { operation: 'cas', key: writeKey(input.key), from: input.from, to: input.to }
      : registerCodec.writeCall(input),
  writeReturn: (output, input) =>
    input.kind === 'cas' ? { applied: output.kind === 'done' } : writeRegisterReturn(output),
}

export const registerCodec: OperationCodec<RegisterInput, RegisterOutput> = {
  readCall: (fields) => readRegisterCall(fields, fields.text('operation'), 'read or write'),
  readReturn: (fields, input) => {
    if (input.kind === 'read') return { kind: 'value', value: fields.registerValue('value') }
    return { kind: 'done' }
  },
  writeCall: (input) => ({
    operation: input.kind,
    key: writeKey(input.key),
    value: input.kind === 'write' ? input.value : undefined,
  }),
  writeReturn: writeRegisterReturn,
}

function writeRegisterReturn(output: CasRegisterOutput): JsonFields {
  return output.kind === 'value' ? { value: output.value } : {}
}

function readRegisterCall(fields: Fields, kind: string, allowed: string): RegisterInput {
  const key = readKey(fields)
  if (kind === 'read') return { kind, key }
  if (kind === 'write') return { kind, key, value: fields.registerValue('value') }
  return fields.fail(`operation ${quoted(kind)} is not ${allowed}`)
}

/** Left out where there is only one register. */
function readKey(fields: Fields): string {
  return fields.has('key') ? fields.name('key') : ''
}

function writeKey(key: string): string | undefined {
  return key === '' ? undefined : key
}

export const keyValueCodec: OperationCodec<KeyValueInput, KeyValueOutput> = {
  readCall: (fields) => {
    const kind = fields.text('operation')
    const key = fields.name('key')
    if (kind === 'get') return { kind, key }
    if (kind === 'put' || kind === 'append') return { kind, key, value: fields.text('value') }
    return fields.fail(`operation ${quoted(kind)} is not get, put or append`)
  },
  readReturn: (fields, input) =>
    input.kind === 'get' ? { kind: 'value', value: fields.text('value') } : { kind: 'done' },
  writeCall: (input) => ({
    operation: input.kind,
    key: input.key,
    value: input.kind === 'get' ? undefined : input.value,
  }),
  writeReturn: (output) => (output.kind === 'value' ? { value: output.value } : {}),
}

export const commandLogCodec: OperationCodec<CommandLogInput, CommandLogOutput> = {
  readCall: (fields) => {
    const kind = fields.text('operation')
    if (kind === 'read') return { kind }
    if (kind === 'append') return { kind, command: fields.text('command') }
    return fields.fail(`operation ${quoted(kind)} is not append or read`)
  },
  readReturn: (fields, input) => {
    if (input.kind === 'append') return { kind: 'index', index: fields.integer('index', 1) }
    if (fields.has('commands')) return { kind: 'all', commands: fields.texts('commands') }
    if (fields.has('prefix')) return { kind: 'prefix', commands: fields.texts('prefix') }
    return { kind: 'digest', length: fields.integer('length', 0), digest: fields.text('digest') }
  },
  writeCall: (input) => ({
    operation: input.kind,
    command: input.kind === 'append' ? input.command : undefined,
  }),
  writeReturn: (output) => {
    if (output.kind === 'index') return { index: output.index }
    if (output.kind === 'all') return { commands: output.commands }
    if (output.kind === 'prefix') return { prefix: output.commands }
    return { length: output.length, digest: output.digest }
  },
}
