/**
 * Exactly once (§6.3): a machine with its clients' sessions around it. Every entry of the log goes
 * through here, and what is decided here follows from the entries alone, so every server decides
 * alike: which request is a repeat, and which session is expired and when.
 */
import { assert, unreachable } from '../base/assert.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { noBytes, utf8Decode, utf8Encode } from '../base/bytes.ts'
import { type Checksum, crc32 } from '../base/crc32.ts'
import type { Entry, Milliseconds, ServerId } from '../raft/index.ts'
import { type Outcome, type Response, writeOutcome } from './outcome.ts'
import type { Session } from './session.ts'
import { decodeSessionCommand, type SessionCommand } from './session-command.ts'
import {
  defaultSessionRules,
  type SessionRules,
  sequenceWindowMax,
  timeLeapMaxMs,
} from './session-rules.ts'
import { readSessions, sessionChunks } from './session-snapshot.ts'
import { SessionTable } from './session-table.ts'
import { SectionReader, SnapshotError, writeSection } from './snapshot-frames.ts'
import { type ByteMachine, CommandRefused } from './state-machine.ts'

const nothing: Outcome = { kind: 'nothing' }
const keptAlive: Outcome = { kind: 'keptAlive' }
const closed: Outcome = { kind: 'closed' }
const unknownSession: Outcome = { kind: 'sessionExpired', why: 'unknown' }
const discardedResponse: Outcome = { kind: 'sessionExpired', why: 'discarded' }

/** Up to here a call into Node costs more than its checksum saves. */
const fewBytes = 64

export class SessionMachine {
  readonly #machine: ByteMachine
  /** For what the digest is made of. */
  readonly #digested = new ByteWriter()
  readonly #digestOf: (memory: Uint8Array, length: number) => number
  #sessions = new SessionTable()
  #rules: SessionRules = defaultSessionRules
  #timeMs: Milliseconds = 0
  #digest = 0

  /** `checksum`: CRC-32; of much at a time Node's is faster than ours. */
  constructor(machine: ByteMachine, checksum: Checksum = crc32) {
    this.#machine = machine
    this.#digestOf = (memory, length) => {
      return length <= fewBytes
        ? crc32(memory, this.#digest, length)
        : checksum(memory.subarray(0, length), this.#digest)
    }
  }

  /** The cluster's time: see {@link ApplyContext}. */
  get timeMs(): Milliseconds {
    return this.#timeMs
  }

  /** Open sessions. */
  get sessionCount(): number {
    return this.#sessions.size
  }

  /** The rules that hold, from the last register entry; the defaults before the first. */
  get rules(): SessionRules {
    return this.#rules
  }

  /**
   * Over the index and outcome of every entry so far: where it differs between two servers that
   * have applied as much, their states have parted.
   */
  get digest(): number {
    return this.#digest
  }

  /** Throws what the machine throws, and is of no use afterwards. */
  apply(entry: Entry): Outcome {
    const outcome = this.#outcomeOf(entry)
    writeOutcome(this.#digested.number(entry.index), outcome)
    this.#digest = this.#digested.useAndClear(this.#digestOf)
    return outcome
  }

  /** Throws what the machine throws: an error for who asked. */
  query(query: Uint8Array): Uint8Array {
    return this.#machine.query(query)
  }

  /**
   * Sessions, the cluster's time and the machine, as of this call; see {@link StateMachine}. The
   * chunks may be cut and joined as one likes before they are restored from. `origin`: whose state
   * it is, which stands at its end; it is no part of the state.
   */
  snapshot(origin: ServerId | null = null): Iterable<Uint8Array> {
    const header = { timeMs: this.#timeMs, digest: this.#digest, rules: this.#rules }
    const parts = [sessionChunks(header, this.#sessions), begun(this.#machine.snapshot())]
    return sections(origin === null ? parts : [...parts, [utf8Encode(origin)]])
  }

  /**
   * Returns the snapshot's origin, where it has one. Throws what the machine throws, and
   * SnapshotError; of no use after either.
   */
  restore(chunks: Iterable<Uint8Array>): ServerId | null {
    const reader = new SectionReader(chunks)
    const [header, sessions] = readSessions(reader.section())
    const machineChunks = reader.section()
    this.#machine.restore(machineChunks)
    // What the machine had no use for is read all the same: a snapshot that was cut off shows.
    for (const _ of machineChunks);
    const origin = reader.isAtEnd ? null : originIn([...reader.section()])
    reader.end()
    this.#sessions = sessions
    this.#rules = header.rules
    this.#timeMs = header.timeMs
    this.#digest = header.digest
    return origin
  }

  #outcomeOf(entry: Entry): Outcome {
    switch (entry.kind) {
      case 'noop':
      case 'configuration':
        return nothing
      case 'command':
        return this.#execute(entry, entry.command)
      case 'session':
        return this.#session(entry)
      default:
        return unreachable(entry.kind)
    }
  }

  #session(entry: Entry): Outcome {
    const session = decodeSessionCommand(entry.command)
    // Clients cannot cause it: a newer version of this program can. To pass over the entry would
    // be to differ from the servers that understand it.
    if (session === null) throw new Error("this version cannot read the entry's session command")
    if (session.kind === 'register') this.#rules = session.rules
    this.#advanceTime(session.timeMs)
    switch (session.kind) {
      case 'register':
        this.#sessions.expireDownTo(this.#rules.sessionsMax - 1)
        this.#sessions.open(entry.index, this.#timeMs)
        return { kind: 'registered', clientId: entry.index }
      case 'request':
        return this.#request(entry, session)
      case 'keepAlive':
        return this.#active(session.clientId) === undefined ? unknownSession : keptAlive
      case 'close':
        this.#sessions.close(session.clientId)
        return closed
      default:
        return unreachable(session)
    }
  }

  /** Forwards only, and not far at once; then sessions are expired by it, and by nothing else. */
  #advanceTime(timeMs: Milliseconds): void {
    const leapMaxMs = timeLeapMaxMs(this.#rules)
    this.#timeMs = Math.max(this.#timeMs, Math.min(timeMs, this.#timeMs + leapMaxMs))
    this.#sessions.expireBefore(this.#timeMs - this.#rules.sessionTimeoutMs)
  }

  /** The session, which is active now; undefined where there is none. */
  #active(clientId: number): Session | undefined {
    const session = this.#sessions.get(clientId)
    if (session !== undefined) this.#sessions.touch(session, this.#timeMs)
    return session
  }

  #request(entry: Entry, request: SessionCommand & { kind: 'request' }): Outcome {
    const session = this.#active(request.clientId)
    if (session === undefined) return unknownSession
    const { sequenceNum, lowestUnanswered } = request
    if (lowestUnanswered < 1 || lowestUnanswered > sequenceNum) {
      return badRequest('lowestUnanswered is from 1 up to sequenceNum')
    }
    const lowest = Math.max(lowestUnanswered, session.lowestUnanswered)
    if (sequenceNum - lowest > sequenceWindowMax) {
      return badRequest(`sequenceNum is at most ${sequenceWindowMax} above lowestUnanswered`)
    }
    session.discardBelow(lowest)
    if (sequenceNum < lowest) return discardedResponse
    const stored = session.response(sequenceNum)
    if (stored !== null) return stored
    // The lowest is always taken: until it is answered no response below can be given up, and a
    // client whose later requests went ahead of it would be overloaded for good.
    const overload = sequenceNum === lowest ? null : this.#overloadOf(session)
    if (overload !== null) return overload
    const response = this.#execute(entry, request.command)
    session.keep(sequenceNum, response)
    return response
  }

  #overloadOf(session: Session): Outcome | null {
    const { responsesMax, responsesBytesMax } = this.#rules
    if (session.responseCount >= responsesMax) {
      return { kind: 'overloaded', message: `${session.responseCount} requests are unanswered` }
    }
    if (session.responsesBytes >= responsesBytesMax) {
      return {
        kind: 'overloaded',
        message: `unanswered requests have ${session.responsesBytes} bytes of responses`,
      }
    }
    return null
  }

  #execute({ index, term }: Entry, command: Uint8Array): Response {
    assert(index > 0, 'what is executed stands in the log')
    try {
      const response = this.#machine.apply(command, { index, term, timeMs: this.#timeMs })
      return { kind: 'applied', response, index }
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error
      return { kind: 'refused', message: error.message, index }
    }
  }
}

/**
 * The same chunks, the first of them taken now: a generator function runs none of its code before
 * it is asked for that one, and would show the state of a later entry.
 */
function begun(chunks: Iterable<Uint8Array>): Iterable<Uint8Array> {
  const rest = chunks[Symbol.iterator]()
  let first: IteratorResult<Uint8Array> | null = rest.next()
  const next = (): IteratorResult<Uint8Array> => {
    const result = first ?? rest.next()
    first = null
    return result
  }
  const end = (): IteratorResult<Uint8Array> => {
    rest.return?.()
    return { done: true, value: undefined }
  }
  return { [Symbol.iterator]: () => ({ next, return: end }) }
}

function* sections(parts: readonly Iterable<Uint8Array>[]): Generator<Uint8Array> {
  for (const part of parts) yield* writeSection(part)
}

function originIn(frames: readonly Uint8Array[]): ServerId {
  const [frame = noBytes] = frames
  const origin = utf8Decode(frame)
  if (!origin || frames.length !== 1) throw new SnapshotError("the snapshot's origin is damaged")
  return origin
}

function badRequest(message: string): Outcome {
  return { kind: 'badRequest', message }
}
