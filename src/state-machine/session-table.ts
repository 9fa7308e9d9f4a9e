/**
 * All open sessions, by client and in the order of their last activity: the least recently active
 * is the first to go. A list of our own keeps the order, because finding the first key of a Map
 * that loses its first keys all the time takes ever longer.
 */
import { assert } from '../base/assert.ts'
import type { Milliseconds } from '../raft/index.ts'
import { Session } from './session.ts'
import type { ClientId } from './session-command.ts'

export class SessionTable {
  readonly #sessions = new Map<ClientId, Session>()
  #oldest: Session | null = null
  #newest: Session | null = null

  get size(): number {
    return this.#sessions.size
  }

  /** When the last of them was active; 0 where there is none. */
  get newestActiveMs(): Milliseconds {
    return this.#newest?.lastActiveMs ?? 0
  }

  get(clientId: ClientId): Session | undefined {
    return this.#sessions.get(clientId)
  }

  /** The least recently active first. */
  *[Symbol.iterator](): Generator<Session> {
    for (let session = this.#oldest; session !== null; session = session.newer) yield session
  }

  open(clientId: ClientId, nowMs: Milliseconds): Session {
    const session = new Session(clientId, nowMs)
    this.add(session)
    return session
  }

  /** A session that was active no earlier than any other. */
  add(session: Session): void {
    assert(!this.#sessions.has(session.clientId), 'a client has one session')
    this.#sessions.set(session.clientId, session)
    this.#append(session)
  }

  /** The session is active. */
  touch(session: Session, nowMs: Milliseconds): void {
    session.lastActiveMs = nowMs
    if (session === this.#newest) return
    this.#unlink(session)
    this.#append(session)
  }

  close(clientId: ClientId): void {
    const session = this.#sessions.get(clientId)
    if (session === undefined) return
    this.#sessions.delete(clientId)
    this.#unlink(session)
  }

  /** Expires the sessions that were last active before `limitMs`. */
  expireBefore(limitMs: Milliseconds): void {
    while (this.#oldest !== null && this.#oldest.lastActiveMs < limitMs) {
      this.close(this.#oldest.clientId)
    }
  }

  /** Expires the least recently active sessions until at most `count` are left. */
  expireDownTo(count: number): void {
    while (this.#oldest !== null && this.size > count) this.close(this.#oldest.clientId)
  }

  #append(session: Session): void {
    const last = this.#newest
    assert(
      last === null || last.lastActiveMs <= session.lastActiveMs,
      'sessions are in the order of their activity',
    )
    session.older = last
    session.newer = null
    if (last === null) this.#oldest = session
    else last.newer = session
    this.#newest = session
  }

  #unlink(session: Session): void {
    const { older, newer } = session
    if (older === null) this.#oldest = newer
    else older.newer = newer
    if (newer === null) this.#newest = older
    else newer.older = older
    session.older = null
    session.newer = null
  }
}
