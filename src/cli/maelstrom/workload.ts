/**
 * Maelstrom's lin-kv operations in the words of the key-value machine. Keys and values are JSON of
 * any kind; two are equal here when their texts are, as JSON.stringify writes them.
 */
import { utf8Decode, utf8Encode } from '../../base/bytes.ts'
import {
  decodeKvAnswer,
  decodeKvResult,
  encodeKvCommand,
  encodeKvQuery,
} from '../../state-machine/index.ts'
import type { Body, ErrorName } from './message.ts'

/** What is asked of the cluster. */
export interface Request {
  readonly kind: 'query' | 'command'
  readonly type: 'read' | 'write' | 'cas'
  readonly key: string
  readonly bytes: Uint8Array
}

export interface Refused {
  readonly kind: 'refused'
  readonly error: ErrorName
  readonly why: string
}

export interface Reply {
  readonly kind: 'reply'
  readonly body: Body
}

export function readRequest(body: Body): Request | Refused {
  const { type } = body
  if (type !== 'read' && type !== 'write' && type !== 'cas') {
    return refused('notSupported', `there is no ${type} in the lin-kv workload`)
  }
  const needed = { read: ['key'], write: ['key', 'value'], cas: ['key', 'from', 'to'] }[type]
  const missing = needed.find((field) => body[field] === undefined)
  if (missing !== undefined) return refused('malformedRequest', `${type} needs a ${missing}`)
  const key = JSON.stringify(body.key)
  switch (type) {
    case 'read':
      return { kind: 'query', type, key, bytes: encodeKvQuery({ kind: 'get', key }) }
    case 'write': {
      const value = json(body.value)
      const bytes = encodeKvCommand({ kind: 'put', key, value, expected: null })
      return { kind: 'command', type, key, bytes }
    }
    case 'cas': {
      const [expected, value] = [json(body.from), json(body.to)]
      const bytes = encodeKvCommand({ kind: 'compareAndSet', key, expected, value })
      return { kind: 'command', type, key, bytes }
    }
  }
}

/** What the cluster's answer means to the one who asked. */
export function replyTo({ type, key }: Request, response: Uint8Array): Reply | Refused {
  if (type === 'read') {
    const answer = decodeKvAnswer(response)
    if (answer?.kind === 'absent') return noSuchKey(key)
    if (answer?.kind === 'found') {
      const value: unknown = JSON.parse(utf8Decode(answer.entry.value) ?? 'null')
      return { kind: 'reply', body: { type: 'read_ok', value } }
    }
    return refused('malformedRequest', answer?.kind === 'error' ? answer.message : 'no answer')
  }
  const result = decodeKvResult(response)
  if (result?.kind === 'changed') return { kind: 'reply', body: { type: `${type}_ok` } }
  if (result?.kind === 'conflict') {
    if (result.current === null) return noSuchKey(key)
    return refused('preconditionFailed', `the value of ${key} is another one`)
  }
  return refused('malformedRequest', result?.kind === 'error' ? result.message : 'no result')
}

function noSuchKey(key: string): Refused {
  return refused('keyDoesNotExist', `there is no key ${key}`)
}

function refused(error: ErrorName, why: string): Refused {
  return { kind: 'refused', error, why }
}

function json(value: unknown): Uint8Array {
  return utf8Encode(JSON.stringify(value))
}
