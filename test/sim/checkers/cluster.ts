/**
 * Servers made of nothing but what the checkers look at, so that each guarantee can be broken by
 * hand. What the disk has acknowledged is told as the simulator tells it.
 */
import type { Entry, LogIndex, Peer, RaftState, ServerId } from '../../../src/raft/index.ts'
import { entry, Log } from '../../../src/raft/index.ts'
import { PendingReads } from '../../../src/raft/pending-reads.ts'
import { RelayedReads } from '../../../src/raft/relayed-reads.ts'
import { Checkers, type ServerView } from '../../../src/sim/checkers/index.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export class FakeServer implements ServerView {
  readonly id: ServerId
  state: Mutable<RaftState> | null

  constructor(id: ServerId) {
    this.id = id
    this.state = emptyState(id)
  }

  get up(): Mutable<RaftState> {
    if (this.state === null) throw new Error(`${this.id} is down`)
    return this.state
  }

  /** Appends entries of these terms, without commands. */
  append(...terms: number[]): this {
    for (const term of terms) this.up.log.append(noop(this.up.log.lastIndex + 1, term))
    return this
  }

  restart(): this {
    this.state = emptyState(this.id)
    return this
  }
}

/** As much of a state as is looked at. */
function emptyState(id: ServerId): Mutable<RaftState> {
  return {
    id,
    currentTerm: 0,
    votedFor: null,
    role: { kind: 'follower', leaderId: null, reads: new RelayedReads() },
    log: new Log([]),
    commitIndex: 0,
    lastApplied: 0,
    durableIndex: 0,
  } as unknown as Mutable<RaftState>
}

export function noop(index: LogIndex, term: number): Entry {
  return entry(index, term, 'noop', new Uint8Array(0))
}

export function command(index: LogIndex, term: number, byte: number): Entry {
  return entry(index, term, 'command', Uint8Array.of(byte))
}

/** A cluster, its checkers, and what is done to them in few words. */
export class FakeCluster {
  readonly servers: readonly FakeServer[]
  readonly checkers: Checkers
  readonly cuts: [ServerId, LogIndex][] = []

  constructor(size = 3, mayForge = true) {
    this.servers = Array.from({ length: size }, (_, i) => new FakeServer(`s${i + 1}`))
    this.checkers = new Checkers(this.servers, {
      mayForge,
      logCut: (id, from) => this.cuts.push([id, from]),
    })
  }

  server(place: number): FakeServer {
    return this.servers[place - 1] as FakeServer
  }

  /** Looks at these servers, or at all. */
  look(...places: number[]): void {
    const all = this.servers.map((_, i) => i + 1)
    for (const place of places.length > 0 ? places : all) {
      this.checkers.afterEvent(this.server(place).id)
    }
  }

  /** Makes durable what the server has in memory. */
  save(place: number, votedFor: ServerId | null = null): void {
    const { id, up } = this.server(place)
    const { currentTerm, log } = up
    this.checkers.saving(id, [
      {
        currentTerm,
        votedFor,
        truncateFrom: null,
        entries: log.slice(up.durableIndex + 1, log.lastIndex + 1),
      },
    ])
    this.checkers.saved(id)
    up.durableIndex = log.lastIndex
  }

  /** The server leads `term` from here on, with a no-op and empty peers. */
  lead(place: number, term: number): void {
    const { id, up } = this.server(place)
    up.currentTerm = term
    const peers = new Map<ServerId, Peer>()
    for (const other of this.servers) {
      if (other.id === id) continue
      const peer = { id: other.id, matchIndex: 0, incarnation: null, departsAt: null }
      peers.set(other.id, peer as Peer)
    }
    up.role = {
      kind: 'leader',
      term,
      peers,
      freshRequestId: 1,
      firstIndexOfTerm: up.log.lastIndex + 1,
      heartbeatDeadline: 0,
      uncommittedBytes: 0,
      reads: new PendingReads(),
      leaseFrom: 0,
      handOverFrom: 0,
    }
    this.server(place).append(term)
  }

  peer(place: number, of: number): Peer {
    const { role } = this.server(place).up
    if (role.kind !== 'leader') throw new Error('only leaders have peers')
    return role.peers.get(this.server(of).id) as Peer
  }
}
