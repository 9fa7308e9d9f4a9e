/**
 * What a run can fail with. Besides the invariants that the checkers name, there are things that no
 * server may do in a world whose faults are known, and promises to clients.
 */
import { AssertionError } from '../base/assert.ts'
import type { Milliseconds, ServerId } from '../raft/index.ts'
import { type Invariant, InvariantError } from './checkers/index.ts'

export type Broken =
  | Invariant
  /** The code's own assertions. */
  | 'assertion'
  /** A server says that another contradicts Raft, or has forgotten what it said. */
  | 'no server contradicts Raft'
  /** A server stopped, or did not start, and no fault was the reason. */
  | 'a server stops only for a reason'
  | 'a full disk stops no server'
  /** What clients were told is not what became of their proposals. */
  | 'promises are kept'
  | 'linearizability'
  /** A client's command was carried out twice, or is lost, or was answered wrongly. */
  | 'exactly once'
  /** Servers disagree on what became of an entry. */
  | 'one outcome on all servers'
  /** A majority was healed, and within the bound the cluster did not go on. */
  | 'liveness'

export interface Failure {
  readonly broken: Broken
  /** What was seen, in words. */
  readonly detail: string
  readonly atMs: Milliseconds
  /** Where in our code it was seen; for assertions. */
  readonly stack: string | null
}

/** The failure that an exception in the middle of an event means. */
export function failureOf(error: unknown, atMs: Milliseconds, server: ServerId | null): Failure {
  const where = server === null ? '' : `on ${server}, `
  if (error instanceof InvariantError) {
    return { broken: error.invariant, detail: error.detail, atMs, stack: null }
  }
  if (error instanceof BrokenPromise) {
    return { broken: 'promises are kept', detail: error.message, atMs, stack: null }
  }
  if (error instanceof AssertionError) {
    const detail = where + error.message
    return { broken: 'assertion', detail, atMs, stack: error.stack ?? null }
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const stack = error instanceof Error ? (error.stack ?? null) : null
  return { broken: 'a server stops only for a reason', detail: where + text, atMs, stack }
}

/** Something is wrong with what clients were told. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise'
}
