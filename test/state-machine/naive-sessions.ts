/**
 * The obvious session machine: it forgets nothing and looks through everything each time. What it
 * answers is what §6.3 says, and nothing in it is clever.
 */
import { utf8Encode } from '../../src/base/bytes.ts'
import type {
  Outcome,
  Response,
  SessionCommand,
  SessionRules,
} from '../../src/state-machine/index.ts'
import { RecordingMachine } from './recording-machine.ts'

interface NaiveSession {
  readonly clientId: number
  lastActiveMs: number
  lowestUnanswered: number
  readonly everExecuted: Map<number, Response>
}

export class NaiveSessions {
  readonly inner: RecordingMachine = new RecordingMachine()
  sessions: NaiveSession[] = []
  timeMs = 0
  lastIndex = 0
  #rules: SessionRules | null = null

  session(command: SessionCommand): Outcome {
    this.lastIndex += 1
    if (command.kind === 'register') this.#rules = command.rules
    const rules = this.#rules as SessionRules
    const furthest = this.timeMs + Math.ceil(rules.sessionTimeoutMs / 4)
    this.timeMs = Math.max(this.timeMs, Math.min(command.timeMs, furthest))
    this.sessions = this.sessions.filter(
      ({ lastActiveMs }) => this.timeMs - lastActiveMs <= rules.sessionTimeoutMs,
    )
    if (command.kind === 'register') return this.#register(rules)
    const session = this.sessions.find(({ clientId }) => clientId === command.clientId)
    if (session !== undefined) {
      session.lastActiveMs = this.timeMs
      this.sessions = [...this.sessions.filter((other) => other !== session), session]
    }
    if (command.kind === 'close') {
      this.sessions = this.sessions.filter((other) => other !== session)
      return { kind: 'closed' }
    }
    if (session === undefined) return { kind: 'sessionExpired', why: 'unknown' }
    if (command.kind === 'keepAlive') return { kind: 'keptAlive' }
    return this.#request(session, command, rules)
  }

  #register(rules: SessionRules): Outcome {
    while (this.sessions.length >= rules.sessionsMax) this.sessions.shift()
    this.sessions.push({
      clientId: this.lastIndex,
      lastActiveMs: this.timeMs,
      lowestUnanswered: 1,
      everExecuted: new Map(),
    })
    return { kind: 'registered', clientId: this.lastIndex }
  }

  #request(
    session: NaiveSession,
    { sequenceNum, lowestUnanswered, command }: SessionCommand & { kind: 'request' },
    rules: SessionRules,
  ): Outcome {
    session.lowestUnanswered = Math.max(session.lowestUnanswered, lowestUnanswered)
    if (sequenceNum < session.lowestUnanswered) {
      return { kind: 'sessionExpired', why: 'discarded' }
    }
    const before = session.everExecuted.get(sequenceNum)
    if (before !== undefined) return before
    const waiting = [...session.everExecuted.keys()].filter(
      (number) => number >= session.lowestUnanswered,
    )
    const isLowest = sequenceNum === session.lowestUnanswered
    if (!isLowest && waiting.length >= rules.responsesMax)
      return { kind: 'overloaded', message: '' }
    const index = this.lastIndex
    this.inner.executed.push(new TextDecoder().decode(command))
    const text = `${this.inner.executed.length}:${this.inner.executed.at(-1)}@${index}`
    const response: Response = { kind: 'applied', response: utf8Encode(text), index }
    session.everExecuted.set(sequenceNum, response)
    return response
  }
}
