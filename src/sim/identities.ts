/**
 * Who has which data, as the connections of real servers find out (docs/identity.md): every message
 * says the incarnation of its sender's data, what its sender knows, and which incarnation of the
 * receiver it is for. What a server that was emptied sends, or is sent, is refused, until it has
 * been taken in anew.
 */
import { type Incarnate, isAccepted } from '../base/incarnation.ts'
import type { Configuration, Message, RaftState, ServerId } from '../raft/index.ts'
import { configuration, incarnationOf, makeConfiguration } from '../raft/index.ts'
import type { SimServer } from './sim-server.ts'

interface Stamp {
  readonly from: Incarnate
  /** Of the receiver; 0: any. */
  readonly expected: number
}

const anybody: Stamp = { from: { incarnation: 0, settledIndex: 0, isNamed: false }, expected: 0 }

export class Identities {
  readonly #stamps = new WeakMap<Message, Stamp>()
  /** Until a first server was emptied, everybody is who he seems to be. */
  #isNeeded = false

  /** A server has lost its data, and goes on with an empty directory. */
  emptied(): void {
    this.#isNeeded = true
  }

  /** A message leaves its sender. */
  stamp({ id, incarnation, state }: SimServer, message: Message): void {
    if (state === null) return
    this.#stamps.set(message, {
      from: standing(id, incarnation, state),
      expected: incarnationOf(state.configuration, message.to) ?? 0,
    })
  }

  /** Whether the receiver lets in what has come for it. */
  admits({ id, incarnation, state }: SimServer, message: Message): boolean {
    if (!this.#isNeeded || state === null) return true
    const { from, expected } = this.#stamps.get(message) ?? anybody
    const us = standing(id, incarnation, state)
    const wanted = incarnationOf(state.configuration, message.from) ?? 0
    return isAccepted(from, expected, us) && isAccepted(us, wanted, from)
  }

  /** What `server` knows of the data of `other` by being connected to it; null where it is not. */
  connectedAs(server: SimServer, other: SimServer): number | null {
    if (server.id === other.id) return server.incarnation
    const { state } = server
    if (state === null || !other.isActive || other.state === null) return null
    const us = standing(server.id, server.incarnation, state)
    const them = standing(other.id, other.incarnation, other.state)
    const wanted = incarnationOf(state.configuration, other.id) ?? 0
    const expected = incarnationOf(other.state.configuration, server.id) ?? 0
    const isConnected = isAccepted(us, wanted, them) && isAccepted(them, expected, us)
    return isConnected ? other.incarnation : null
  }
}

function standing(id: ServerId, incarnation: number, state: RaftState): Incarnate {
  const { configurations, commitIndex } = state
  return {
    incarnation,
    settledIndex: configurations.settledIndex(commitIndex),
    isNamed: incarnationOf(configurations.newest, id) === incarnation,
  }
}

/** Whoever speaks Listing 1 alone cannot say which data it has. */
export function foundedBy(founders: readonly SimServer[], foreign: number): Configuration {
  const voters = founders.map(({ id }) => id)
  if (foreign > 0) return configuration(voters)
  const incarnations = new Map(founders.map(({ id, incarnation }) => [id, incarnation]))
  return makeConfiguration(voters, null, [], new Map(), incarnations)
}
