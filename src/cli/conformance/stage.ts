/**
 * One question to one server: a folder, a list of servers in which all others are peers of ours,
 * and the server itself, started for this question alone.
 */
import { createSocket } from 'node:dgram'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { utf8Encode } from '../../base/bytes.ts'
import type {
  AppendEntriesRequest,
  AppendEntriesResponse,
  RequestVoteRequest,
  RequestVoteResponse,
} from '../../raft/index.ts'
import { encodeCommand } from '../../wire/index.ts'
import { freePorts } from '../processes/free-ports.ts'
import { sleep, waitUntil } from '../processes/waiting.ts'
import type { Check } from './checks/check.ts'
import { type Line, Peer } from './peer.ts'
import { Blame, Inconclusive, type Rule } from './rules.ts'
import { Subject } from './subject.ts'

export interface Patience {
  /** How long something that must happen may take. */
  readonly patienceMs: number
  /** How long something that must not happen is waited for. */
  readonly quietMs: number
}

/** How long an answer may take, once the server is known to run. */
const answerMs = 1000

/** No log here is so long. */
const beyondAnyLog = 1_000_000

/** Well below the shortest election timeouts that are usual. */
const heartbeatMs = 25

export class Stage {
  readonly rule: Rule
  readonly isListed: boolean
  readonly peers: readonly Peer[]
  readonly server: Subject
  readonly #patience: Patience
  /** The latest term that the server was elected in here. */
  #ledTerm = 0

  private constructor(
    { rule, isListed }: Pick<Check, 'rule' | 'isListed'>,
    patience: Patience,
    peers: readonly Peer[],
    server: Subject,
  ) {
    this.rule = rule
    this.isListed = isListed
    this.#patience = patience
    this.peers = peers
    this.server = server
  }

  static async open(
    check: Check,
    command: readonly string[],
    folder: string,
    patience: Patience,
  ): Promise<Stage> {
    const { servers, isListed } = check
    const ports = await freePorts(servers)
    const ids = ports.map((port) => `127.0.0.1:${port}`)
    const [serverId = '', ...others] = ids
    mkdirSync(folder, { recursive: true })
    const listFile = join(folder, 'servers.txt')
    writeFileSync(listFile, `${(isListed ? ids : others).join('\n')}\n`)
    const peers = await Promise.all(
      others.map((id) => Peer.open(Number(id.split(':')[1]), serverId)),
    )
    return new Stage(check, patience, peers, new Subject(command, serverId, listFile, folder))
  }

  async close(): Promise<void> {
    await this.server.kill()
    for (const peer of this.peers) peer.close()
  }

  get first(): Peer {
    return this.peers[0] as Peer
  }

  get second(): Peer {
    return this.peers[1] as Peer
  }

  get quietMs(): number {
    return this.#patience.quietMs
  }

  get patienceMs(): number {
    return this.#patience.patienceMs
  }

  /** Blames the server where the condition does not hold. */
  must(condition: boolean, what: string, rule: Rule = this.rule): asserts condition {
    if (!condition) throw new Blame(rule, what)
  }

  /** Asks again where the condition does not hold, for that is the server's right. */
  may(condition: boolean, what: string): asserts condition {
    if (!condition) throw new Inconclusive(what)
  }

  /** There is nothing more to ask of a server that has ended, or speaks what nobody understands. */
  #mustBeThere(): void {
    for (const { fault } of this.peers) if (fault !== null) throw fault
    this.must(this.server.death === null, 'does not survive what it was sent')
  }

  // The server stands for election, and leads.

  /** Its next request for votes of a later term, as the first peer hears it. */
  async candidacy(afterTerm = 0): Promise<RequestVoteRequest> {
    const { patienceMs } = this
    const request = await this.first.take(
      'requestVoteRequest',
      patienceMs,
      ({ term }) => term > afterTerm,
    )
    const what = `has not stood for election for ${patienceMs / 1000} s without a leader`
    this.must(request !== null, what, 'R10')
    return request
  }

  /** Gives it the votes of these peers until it leads; its first AppendEntries of that term. */
  async elect(voters: readonly Peer[] = this.peers): Promise<AppendEntriesRequest> {
    const deadline = performance.now() + this.patienceMs
    for (let term = 0; performance.now() < deadline; ) {
      const request = await this.candidacy(term)
      term = request.term
      for (const peer of voters) peer.vote(request, true)
      const first = await this.first.take(
        'appendEntriesRequest',
        Math.min(answerMs, this.quietMs),
        (append) => append.term === term,
      )
      if (first !== null) {
        this.#ledTerm = term
        return first
      }
    }
    throw new Blame('R12', 'does not lead, though all others have given it their votes')
  }

  /** What the leader sends a peer next; null where it sends nothing and stands for nothing. */
  async nextAppend(
    peer: Peer,
    suits: (append: AppendEntriesRequest) => boolean = () => true,
  ): Promise<AppendEntriesRequest | null> {
    const append = await peer.take('appendEntriesRequest', this.patienceMs, suits)
    if (append !== null) return append
    const isOver = this.peers.some(({ messages }) =>
      messages.some((one) => one.kind === 'requestVoteRequest' && one.term > this.#ledTerm),
    )
    this.may(!isOver, 'it leads no more: it was not answered in time')
    return null
  }

  // The server follows.

  /** A peer leads, and the server has this log. Retries until the server runs. */
  async follow(leader: Peer, term: number, log: readonly Line[], leaderCommit = 0): Promise<void> {
    const deadline = performance.now() + this.patienceMs
    for (;;) {
      const response = await leader.append(term, log, 0, leaderCommit, 100)
      if (response?.success === true) break
      this.may(response === null || response.term <= term, 'it has stood for election')
      this.must(response === null, 'refuses the entries of a new leader from the first on', 'R7')
      this.#mustBeThere()
      this.must(performance.now() < deadline, 'does not answer a leader', 'R6')
    }
    await this.#fence(leader, term)
  }

  /**
   * Answers do not say to what: those to our earlier tries must be in before anything else is
   * asked. They come in order, so that a refusal of what no server can agree to is the last. One
   * that agrees to it all the same can be asked nothing more.
   */
  async #fence(leader: Peer, term: number): Promise<void> {
    leader.forget()
    leader.sendAppend(term, [], beyondAnyLog, 0)
    const refusal = await leader.take('appendEntriesResponse', answerMs, ({ success }) => !success)
    const hasAgreed = leader.messages.some(({ kind }) => kind === 'appendEntriesResponse')
    leader.forget()
    const what = 'agrees to a heartbeat about entries far beyond its log'
    this.must(refusal !== null || !hasAgreed, what, 'R6')
  }

  /** The answer to a request of the leader; it is asked again where there is none. */
  async answerTo(
    leader: Peer,
    term: number,
    log: readonly Line[],
    prev: number,
    commit = 0,
  ): Promise<AppendEntriesResponse> {
    for (let tries = 0; tries < 3; tries++) {
      const response = await leader.append(term, log, prev, commit, answerMs)
      this.#mustBeThere()
      if (response === null) continue
      this.may(response.term <= term, 'it has stood for election meanwhile')
      return response
    }
    const kind = log.length === prev ? 'a heartbeat' : 'AppendEntries'
    throw new Blame('R6', `does not answer ${kind}`)
  }

  /** The answer to a request for its vote. */
  async voteOf(
    candidate: Peer,
    term: number,
    last: readonly [number, number],
  ): Promise<RequestVoteResponse> {
    for (let tries = 0; tries < 3; tries++) {
      const response = await candidate.requestVote(term, last, answerMs)
      this.#mustBeThere()
      if (response === null) continue
      this.may(response.term <= term, 'it has stood for election meanwhile')
      return response
    }
    throw new Blame('R4', 'does not answer a RequestVote')
  }

  /** Heartbeats of a leader for so long, none of them late. */
  async hold(leader: Peer, term: number, log: readonly Line[], forMs: number): Promise<void> {
    const end = performance.now() + forMs
    let last = performance.now()
    while (performance.now() < end) {
      leader.sendAppend(term, log, log.length, 0)
      await sleep(heartbeatMs)
      this.may(performance.now() - last < 3 * heartbeatMs, 'our own heartbeats were late')
      last = performance.now()
    }
    leader.forget()
  }

  // Clients and the log file.

  /** As raftclient does: one datagram, and no answer. */
  async client(command: string, to: string = this.server.id): Promise<void> {
    await sendCommand(command, Number(to.split(':')[1]))
  }

  /** Whether a line with this command comes into the log file in time. */
  logged(command: string, timeoutMs: number): Promise<boolean> {
    const has = (): boolean => this.server.logLines().some((line) => line.endsWith(`,${command}`))
    return waitUntil(has, { timeoutMs })
  }
}

export function sendCommand(command: string, port: number): Promise<void> {
  const socket = createSocket('udp4')
  return new Promise((done) => {
    socket.send(encodeCommand(utf8Encode(command), 0), port, '127.0.0.1', () => {
      socket.close(() => done())
    })
  })
}
