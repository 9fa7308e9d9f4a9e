/**
 * Another implementation of the course project, as a group of students might have written it from
 * the handout and Figure 2 alone: Listing 1 and nothing else on the wire, no request ids, a bare
 * `Success`, nothing on disk, one object. It shares no code with ours, so that a cluster of both
 * shows that we speak the course's protocol and not merely our own.
 */
import { createSocket, type Socket } from 'node:dgram'
import { type Fields, listing1 } from '../wire/reflection.ts'

export interface DoubleOptions {
  /** Election timeouts are drawn from here. */
  readonly electionTimeoutMs: readonly [number, number]
  readonly heartbeatMs: number
}

interface LogEntry {
  readonly Index: number
  readonly Term: number
  readonly CommandName: string
}

/** What a leader knows of another server. */
interface Follower {
  nextIndex: number
  matchIndex: number
  /** For each request of this term, the index that a success would prove. */
  readonly covers: number[]
  successes: number
}

/** Entries in one request: the handout asks for datagrams of at most 1400 bytes. */
const entriesMax = 20

export class CourseDouble {
  readonly id: string
  /** The lines of its log file. */
  readonly lines: string[] = []
  state: 'Follower' | 'Candidate' | 'Leader' = 'Follower'
  currentTerm = 0
  votedFor = ''
  leaderId = ''
  readonly log: LogEntry[] = []
  commitIndex = 0
  /** Datagrams that Listing 1's decoder refused. */
  undecodable = 0
  readonly #peers: readonly string[]
  readonly #options: DoubleOptions
  readonly #socket: Socket = createSocket('udp4')
  readonly #votes = new Set<string>()
  readonly #followers = new Map<string, Follower>()
  #timer: NodeJS.Timeout | null = null

  /** `ids`: every server, `127.0.0.1:port` each, so that a source address is a name. */
  constructor(id: string, ids: readonly string[], options: DoubleOptions) {
    this.id = id
    this.#peers = ids.filter((other) => other !== id)
    this.#options = options
  }

  async start(): Promise<void> {
    const [host, port] = this.id.split(':') as [string, string]
    this.#socket.on('message', (bytes, { address, port: from }) => {
      this.#receive(bytes, `${address}:${from}`)
    })
    await new Promise<void>((bound) => this.#socket.bind(Number(port), host, bound))
    this.#restartTimer()
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await new Promise<void>((closed) => this.#socket.close(() => closed()))
  }

  #send(to: string, message: Fields): void {
    const [host, port] = to.split(':') as [string, string]
    this.#socket.send(listing1.encode(message), Number(port), host)
  }

  #restartTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.state === 'Leader') {
      this.#timer = setTimeout(() => this.#heartbeat(), this.#options.heartbeatMs)
      return
    }
    const [min, max] = this.#options.electionTimeoutMs
    this.#timer = setTimeout(() => this.#campaign(), min + Math.random() * (max - min))
  }

  #heartbeat(): void {
    for (const peer of this.#peers) this.#replicate(peer)
    this.#restartTimer()
  }

  #campaign(): void {
    this.currentTerm += 1
    this.state = 'Candidate'
    this.votedFor = this.id
    this.leaderId = ''
    this.#votes.clear()
    this.#votes.add(this.id)
    for (const peer of this.#peers) {
      this.#send(peer, {
        RequestVoteRequest: {
          Term: this.currentTerm,
          LastLogIndex: this.log.length,
          LastLogTerm: this.#termAt(this.log.length),
          CandidateName: this.id,
        },
      })
    }
    this.#restartTimer()
  }

  #receive(bytes: Uint8Array, from: string): void {
    let message: Fields
    try {
      message = listing1.decode(bytes)
    } catch {
      this.undecodable += 1
      return
    }
    if (typeof message.CommandName === 'string') {
      this.#takeCommand(message.CommandName)
      return
    }
    const [kind] = Object.keys(message)
    if (kind === undefined || !this.#peers.includes(from)) return
    const body = message[kind] as Record<string, number>
    const Term = body.Term ?? 0
    if (Term > this.currentTerm) this.#stepDown(Term)
    if (kind === 'RequestVoteRequest') this.#vote(from, Term, body)
    if (kind === 'AppendEntriesRequest') this.#append(from, Term, body as Fields)
    if (Term < this.currentTerm) return
    if (kind === 'RequestVoteResponse' && body.VoteGranted) this.#countVote(from)
    if (kind === 'AppendEntriesResponse') this.#answered(from, Boolean(body.Success))
  }

  #stepDown(term: number): void {
    this.currentTerm = term
    this.votedFor = ''
    this.leaderId = ''
    this.state = 'Follower'
    this.#restartTimer()
  }

  #takeCommand(CommandName: string): void {
    if (this.state === 'Leader') {
      this.log.push({ Index: this.log.length + 1, Term: this.currentTerm, CommandName })
      for (const peer of this.#peers) this.#replicate(peer)
    } else if (this.leaderId !== '') {
      this.#send(this.leaderId, { CommandName })
    }
    // A candidate drops it, as the handout allows.
  }

  #vote(from: string, Term: number, request: Record<string, number>): void {
    const lastTerm = this.#termAt(this.log.length)
    const { LastLogTerm = 0, LastLogIndex = 0 } = request
    const isUpToDate =
      LastLogTerm > lastTerm || (LastLogTerm === lastTerm && LastLogIndex >= this.log.length)
    const isFree = this.votedFor === '' || this.votedFor === from
    const VoteGranted = Term === this.currentTerm && isFree && isUpToDate
    if (VoteGranted) {
      this.votedFor = from
      this.#restartTimer()
    }
    this.#send(from, { RequestVoteResponse: { Term: this.currentTerm, VoteGranted } })
  }

  #countVote(from: string): void {
    if (this.state !== 'Candidate') return
    this.#votes.add(from)
    if (this.#votes.size <= (this.#peers.length + 1) / 2) return
    this.state = 'Leader'
    this.leaderId = this.id
    this.log.push({ Index: this.log.length + 1, Term: this.currentTerm, CommandName: '' })
    for (const peer of this.#peers) {
      this.#followers.set(peer, {
        nextIndex: this.log.length,
        matchIndex: 0,
        covers: [],
        successes: 0,
      })
    }
    this.#heartbeat()
  }

  #replicate(peer: string): void {
    const follower = this.#followers.get(peer) as Follower
    const PrevLogIndex = follower.nextIndex - 1
    const Entries = this.log.slice(PrevLogIndex, PrevLogIndex + entriesMax)
    follower.covers.push(PrevLogIndex + Entries.length)
    this.#send(peer, {
      AppendEntriesRequest: {
        Term: this.currentTerm,
        PrevLogIndex,
        PrevLogTerm: this.#termAt(PrevLogIndex),
        LeaderCommit: this.commitIndex,
        LeaderId: this.id,
        Entries,
      },
    })
  }

  #answered(from: string, success: boolean): void {
    const follower = this.#followers.get(from)
    if (this.state !== 'Leader' || follower === undefined) return
    if (!success) {
      follower.nextIndex = Math.max(follower.matchIndex + 1, follower.nextIndex - 1)
      this.#replicate(from)
      return
    }
    // Which request this answers is not said. Of so many answered requests one covers this much.
    follower.successes += 1
    const covers = [...follower.covers].sort((one, other) => one - other)
    const certain = covers[follower.successes - 1] ?? 0
    follower.matchIndex = Math.max(follower.matchIndex, certain)
    follower.nextIndex = Math.max(follower.nextIndex, follower.matchIndex + 1)
    this.#commit()
    if (follower.nextIndex <= this.log.length) this.#replicate(from)
  }

  #commit(): void {
    for (let index = this.log.length; index > this.commitIndex; index--) {
      const held = [...this.#followers.values()].filter(({ matchIndex }) => matchIndex >= index)
      const isMajority = held.length + 1 > (this.#peers.length + 1) / 2
      if (!isMajority || this.#termAt(index) !== this.currentTerm) continue
      this.#apply(index)
      break
    }
  }

  #append(from: string, Term: number, request: Fields): void {
    const {
      PrevLogIndex = 0,
      PrevLogTerm = 0,
      LeaderCommit = 0,
    } = request as Record<string, number>
    const entries = (request.Entries ?? []) as Partial<LogEntry>[]
    const matches = PrevLogIndex <= this.log.length && this.#termAt(PrevLogIndex) === PrevLogTerm
    const Success = Term === this.currentTerm && matches
    if (Term === this.currentTerm) {
      this.state = 'Follower'
      this.leaderId = from
      this.#restartTimer()
    }
    if (Success) {
      for (const [i, { Term: entryTerm = 0, CommandName = '' }] of entries.entries()) {
        const Index = PrevLogIndex + 1 + i
        if (Index <= this.log.length && this.#termAt(Index) === entryTerm) continue
        this.log.length = Index - 1
        this.log.push({ Index, Term: entryTerm, CommandName })
      }
      this.#apply(Math.min(LeaderCommit, PrevLogIndex + entries.length))
    }
    this.#send(from, { AppendEntriesResponse: { Term: this.currentTerm, Success } })
  }

  #apply(through: number): void {
    while (this.commitIndex < through) {
      const { Term, Index, CommandName } = this.log[this.commitIndex] as LogEntry
      this.commitIndex += 1
      if (CommandName !== '') this.lines.push(`${Term},${Index},${CommandName}`)
    }
  }

  #termAt(index: number): number {
    return this.log[index - 1]?.Term ?? 0
  }
}
