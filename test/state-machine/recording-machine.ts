/** A machine for tests: it keeps every command it was given, with its context, and counts them. */
import { utf8Decode, utf8Encode } from '../../src/base/bytes.ts'
import { entry } from '../../src/raft/index.ts'
import {
  type ApplyContext,
  type ByteMachine,
  CommandRefused,
  encodeSessionCommand,
  type Outcome,
  type SessionCommand,
  SessionMachine,
  type SessionRules,
  sessionRules,
} from '../../src/state-machine/index.ts'

/** Refuses commands that begin with `refuse`, and fails at `fail`. */
export class RecordingMachine implements ByteMachine {
  executed: string[] = []
  times: number[] = []

  apply(command: Uint8Array, { index, timeMs }: ApplyContext): Uint8Array {
    const text = utf8Decode(command) as string
    if (text.startsWith('refuse')) throw new CommandRefused(`no: ${text}`)
    if (text === 'fail') throw new Error('no more room')
    this.executed.push(text)
    this.times.push(timeMs)
    return utf8Encode(`${this.executed.length}:${text}@${index}`)
  }

  query(query: Uint8Array): Uint8Array {
    const text = utf8Decode(query)
    if (text === 'fail') throw new Error('no such thing')
    return utf8Encode(`${text}: ${this.executed.length}`)
  }

  snapshot(): Iterable<Uint8Array> {
    return this.executed.map(utf8Encode)
  }

  restore(chunks: Iterable<Uint8Array>): void {
    this.executed = [...chunks].map((chunk) => utf8Decode(chunk) as string)
  }
}

/** A log of sessions that is applied as it is written. */
export class SessionLog {
  readonly inner: RecordingMachine = new RecordingMachine()
  readonly machine: SessionMachine = new SessionMachine(this.inner)
  lastIndex = 0

  session(session: SessionCommand): Outcome {
    this.lastIndex += 1
    return this.machine.apply(entry(this.lastIndex, 1, 'session', encodeSessionCommand(session)))
  }
}

/** A client with its session, and the time that its leader puts on its entries. */
export class Client {
  readonly log: SessionLog
  readonly clientId: number
  timeMs = 0

  constructor(log: SessionLog, rules: Partial<SessionRules> = {}, timeMs = 0) {
    this.log = log
    this.timeMs = timeMs
    const outcome = log.session({ kind: 'register', timeMs, rules: sessionRules(rules) })
    if (outcome.kind !== 'registered') throw new Error(outcome.kind)
    this.clientId = outcome.clientId
  }

  request(sequenceNum: number, lowestUnanswered: number, command = `c${sequenceNum}`): Outcome {
    const { clientId, timeMs } = this
    return this.log.session({
      kind: 'request',
      timeMs,
      clientId,
      sequenceNum,
      lowestUnanswered,
      command: utf8Encode(command),
    })
  }

  keepAlive(timeMs: number): Outcome {
    this.timeMs = timeMs
    return this.log.session({ kind: 'keepAlive', timeMs, clientId: this.clientId })
  }
}

export function bytesOf(chunks: Iterable<Uint8Array>): Uint8Array {
  return Uint8Array.from([...chunks].flatMap((chunk) => [...chunk]))
}
