/**
 * What an entry of kind `session` carries: a client's business with its session (§6.3), as bytes.
 * Only servers write these, so bytes that cannot be read are no client's doing.
 */
import { assert, unreachable } from '../base/assert.ts'
import { ByteReader } from '../base/byte-reader.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { Slab } from '../base/slab.ts'
import type { LogIndex, Milliseconds } from '../raft/index.ts'
import { type SessionRules, wrongRule } from './session-rules.ts'

/** A session's name: the index of the entry that registered it. */
export type ClientId = LogIndex

/** `timeMs`: the cluster's time as the leader had it when it made the entry, a whole number. */
export type SessionCommand =
  | {
      readonly kind: 'register'
      readonly timeMs: Milliseconds
      /** The leader's; from here on everybody's. */
      readonly rules: SessionRules
    }
  | {
      readonly kind: 'request'
      readonly timeMs: Milliseconds
      readonly clientId: ClientId
      /** The client's own count of its commands, from 1; a repeat has the same. */
      readonly sequenceNum: number
      /** The lowest one whose response the client has not got: those below are forgotten. */
      readonly lowestUnanswered: number
      readonly command: Uint8Array
    }
  | { readonly kind: 'keepAlive'; readonly timeMs: Milliseconds; readonly clientId: ClientId }
  | { readonly kind: 'close'; readonly timeMs: Milliseconds; readonly clientId: ClientId }

/** For entries of a log, which are let go of in its order. */
const slab = new Slab()

const codes = { register: 1, request: 2, keepAlive: 3, close: 4 } as const

/** The longest that a request can be beside its command. */
export const requestOverheadMax: number = 1 + 5 * 8

export function encodeSessionCommand(session: SessionCommand): Uint8Array {
  const { kind, timeMs } = session
  if (kind === 'request') {
    const { clientId, sequenceNum, lowestUnanswered, command } = session
    return encodeSessionRequest(timeMs, clientId, sequenceNum, lowestUnanswered, command)
  }
  const writer = new ByteWriter(requestOverheadMax)
  writer.byte(codes[kind]).number(timeMs)
  switch (kind) {
    case 'register':
      assert(wrongRule(session.rules) === null, 'the rules of sessions are within their bounds')
      writeRules(writer, session.rules)
      break
    case 'keepAlive':
    case 'close':
      writer.number(session.clientId)
      break
    default:
      unreachable(session)
  }
  return writer.finish()
}

/** A `request`, which is what nearly all of them are. */
export function encodeSessionRequest(
  timeMs: Milliseconds,
  clientId: ClientId,
  sequenceNum: number,
  lowestUnanswered: number,
  command: Uint8Array,
): Uint8Array {
  const writer = new ByteWriter(requestOverheadMax + command.length)
  writer.byte(codes.request).number(timeMs)
  writer.number(clientId).number(sequenceNum).number(lowestUnanswered)
  return writer.bytes(command).finishIn(slab)
}

/** The command, or null where the bytes are none. The inner command is a view of the bytes. */
export function decodeSessionCommand(bytes: Uint8Array): SessionCommand | null {
  const reader = new ByteReader(bytes)
  const code = reader.byte()
  const timeMs = reader.number()
  const session = readBody(reader, code, timeMs)
  return reader.isComplete ? session : null
}

function readBody(reader: ByteReader, code: number, timeMs: Milliseconds): SessionCommand | null {
  switch (code) {
    case codes.register: {
      const rules = readRules(reader)
      return rules === null ? null : { kind: 'register', timeMs, rules }
    }
    case codes.request:
      return {
        kind: 'request',
        timeMs,
        clientId: reader.number(),
        sequenceNum: reader.number(),
        lowestUnanswered: reader.number(),
        command: reader.bytes(),
      }
    case codes.keepAlive:
      return { kind: 'keepAlive', timeMs, clientId: reader.number() }
    case codes.close:
      return { kind: 'close', timeMs, clientId: reader.number() }
    default:
      return null
  }
}

/** Also in snapshots. */
export function writeRules(writer: ByteWriter, rules: SessionRules): void {
  writer.number(rules.sessionsMax).number(rules.sessionTimeoutMs)
  writer.number(rules.responsesMax).number(rules.responsesBytesMax)
}

export function readRules(reader: ByteReader): SessionRules | null {
  const rules: SessionRules = {
    sessionsMax: reader.number(),
    sessionTimeoutMs: reader.number(),
    responsesMax: reader.number(),
    responsesBytesMax: reader.number(),
  }
  return wrongRule(rules) === null ? rules : null
}
