/**
 * One other server, as the leader sees it (§3.5, §10.2.2): what it certainly holds, what to send
 * next, and what is on its way. A peer is probed one message at a time until a message matches,
 * and from then on entries are streamed to it, several messages ahead of its answers.
 */
import { assert } from '../base/assert.ts'
import type { CatchUp } from './catch-up.ts'
import type { Install } from './installing.ts'
import { LegacyCredit } from './legacy-credit.ts'
import type { LogIndex, Milliseconds, RequestId, ServerId } from './types.ts'

/** An AppendEntries that has not been answered. */
export interface Inflight {
  readonly requestId: RequestId
  /** prevLogIndex + entries.length: what a success would prove. */
  readonly cover: LogIndex
  readonly bytes: number
  readonly sentAt: Milliseconds
  /** What a success would tell the peer to be committed. */
  readonly leaderCommit: LogIndex
}

export class Peer {
  readonly id: ServerId
  /** Figure 3.1. `nextIndex` is a guess and may be lowered; `matchIndex` is a fact and never is. */
  nextIndex: LogIndex
  matchIndex: LogIndex
  /** Whether its answers carry our request id; null until it has answered in this term. */
  echoes: boolean | null
  /** Streaming, several messages ahead; otherwise one probe at a time. */
  streaming: boolean
  /** The next request to this peer in this term; ids are told apart by peer and term. */
  nextRequestId: RequestId
  /** A probe is on its way, and the next waits for its answer or for the next heartbeat. */
  probing: boolean
  /** Answers of refusal to requests before this one are stale: nextIndex was set after them. */
  refusalsFrom: RequestId
  /** A request from here on was sent after the peer had told us `matchIndex`. */
  matchKnownFrom: RequestId
  /** When the latest request was sent that the peer has answered in this term (R14, §6.2). */
  contactAt: Milliseconds
  /** The same, as far as it is certain which request was answered; never by a guess or a grace. */
  provenContactAt: Milliseconds
  /**
   * The peer has certainly answered a request that was sent no earlier than this one: the latest
   * id that it has echoed. Of a peer that does not echo it is the number n of its answers: as many
   * distinct requests were answered, and the latest of them cannot be before the n-th (the argument
   * of legacy-credit.ts, with its limit).
   */
  answeredThrough: RequestId
  /** Requests sent since the peer last answered. */
  unanswered: number
  /** The cover of the latest request, for peers that do not echo. */
  latestCover: LogIndex
  /** When the latest request was sent. */
  latestSentAt: Milliseconds
  /** The latest request told the peer nothing but that the leader lives (see replication.ts). */
  latestWasHeartbeat: boolean
  /** How far the next refusal of a peer that gives no hint moves nextIndex back; doubles. */
  backUpStep: number
  /** Refusals in a row of what the peer had told us it holds, from a peer that does not echo. */
  refusalsAtMatch: number
  /** The peer has lost what it had acknowledged: nextIndex may be at or below matchIndex. */
  forgetful: boolean
  /** It says that its disk is full: it is sent little, and no office is handed to it. */
  diskIsFull: boolean
  /** A snapshot on its way to it, where it needs what the log no longer has. */
  install: Install | null
  readonly credit: LegacyCredit
  /** Oldest first. Bounded by the options' inflight limits, save for heartbeats: see `remember`. */
  readonly #inflight: Inflight[]
  #inflightBytes: number
  /** Of them, those that carry entries. */
  #inflightLoads: number

  /** Answers to requests before this one were meant for a peer of the same name that is gone. */
  readonly firstRequestId: RequestId
  /** The peer certainly knows entries to be committed through here. */
  knownCommit: LogIndex
  /** How far a learner is behind; null for voters, and for those that leave. */
  catchUp: CatchUp | null
  /** The data directory whose answers these are, as the configuration says; null: any. */
  incarnation: number | null
  /** When it is sent nothing more, having left the configuration; null while it is in there. */
  departsAt: Milliseconds | null

  constructor(id: ServerId, nextIndex: LogIndex, now: Milliseconds, firstRequestId: RequestId) {
    this.id = id
    this.nextIndex = nextIndex
    this.matchIndex = 0
    this.echoes = null
    this.streaming = false
    this.nextRequestId = firstRequestId
    this.firstRequestId = firstRequestId
    this.knownCommit = 0
    this.catchUp = null
    this.incarnation = null
    this.departsAt = null
    this.probing = false
    this.refusalsFrom = 0
    this.matchKnownFrom = 0
    this.contactAt = now
    this.provenContactAt = Number.NEGATIVE_INFINITY
    this.answeredThrough = 0
    this.unanswered = 0
    this.latestCover = 0
    this.latestSentAt = Number.NEGATIVE_INFINITY
    this.latestWasHeartbeat = false
    this.backUpStep = 1
    this.refusalsAtMatch = 0
    this.forgetful = false
    this.diskIsFull = false
    this.install = null
    this.credit = new LegacyCredit()
    this.#inflight = []
    this.#inflightBytes = 0
    this.#inflightLoads = 0
  }

  get inflightMessages(): number {
    return this.#inflight.length
  }

  /** An answer has come to a request that was certainly sent at that time. */
  heardSince(sentAt: Milliseconds): void {
    this.contactAt = Math.max(this.contactAt, sentAt)
    this.provenContactAt = Math.max(this.provenContactAt, sentAt)
  }

  /** Oldest first; to be read only. */
  get inflight(): readonly Inflight[] {
    return this.#inflight
  }

  get inflightBytes(): number {
    return this.#inflightBytes
  }

  /**
   * Requests on their way that carry entries. Heartbeats take no room from these: where a round
   * trip takes longer than their interval, some are always on their way.
   */
  get inflightLoads(): number {
    return this.#inflightLoads
  }

  /**
   * A request is on its way. Past `messagesMax` with entries (which only repeated probes are), or
   * as many heartbeats, the oldest of its kind is forgotten: its answer, should it come, is then
   * judged by what it says alone.
   */
  remember(inflight: Inflight, messagesMax: number): void {
    this.#inflight.push(inflight)
    this.#inflightBytes += inflight.bytes
    if (inflight.bytes > 0) this.#inflightLoads += 1
    const isLoad = inflight.bytes > 0
    const ofItsKind = isLoad ? this.#inflightLoads : this.#inflight.length - this.#inflightLoads
    if (ofItsKind <= messagesMax) return
    this.#forget(this.#inflight.findIndex(({ bytes }) => bytes > 0 === isLoad))
  }

  /** The request that this id names, if it is still awaited; it no longer is afterwards. */
  answered(requestId: RequestId): Inflight | null {
    const at = this.#inflight.findIndex((inflight) => inflight.requestId === requestId)
    return at === -1 ? null : this.#forget(at)
  }

  /**
   * The peer's log agrees through `index`, as it answered to the request `answeredId`. Earlier
   * requests that could prove no more are settled: their answers may be lost. Later ones stay
   * awaited, since their answers prove contact (R14): where a round trip takes longer than a
   * heartbeat interval, several heartbeats of an idle leader are on their way at any time.
   */
  matched(index: LogIndex, answeredId: RequestId): void {
    if (index > this.matchIndex) {
      this.matchIndex = index
      this.matchKnownFrom = this.nextRequestId
    }
    for (let i = this.#inflight.length - 1; i >= 0; i--) {
      const { cover, requestId } = this.#inflight[i] as Inflight
      if (cover <= this.matchIndex && requestId < answeredId) this.#forget(i)
    }
  }

  /** The peer probably holds what comes before `nextIndex`. Never lowers it: see `probeFrom`. */
  skipTo(nextIndex: LogIndex): void {
    const held = this.forgetful ? 0 : this.matchIndex
    this.nextIndex = Math.max(this.nextIndex, nextIndex, held + 1)
    if (this.nextIndex > this.matchIndex) this.forgetful = false
  }

  /**
   * From now on requests run ahead of their answers. What probes have carried beyond `matchIndex`
   * is sent again, so they no longer count: one that was lost would keep the window closed for
   * ever, since with a closed window nothing is sent that could prove as much.
   */
  stream(): void {
    this.streaming = true
    for (let i = this.#inflight.length - 1; i >= 0; i--) {
      if ((this.#inflight[i] as Inflight).cover > this.matchIndex) this.#forget(i)
    }
  }

  /** Back to one probe at a time, from `nextIndex`; what was on its way no longer counts. */
  probeFrom(nextIndex: LogIndex): void {
    assert(nextIndex >= 1, 'a probe asks about an entry or about the empty log')
    this.nextIndex = nextIndex
    this.streaming = false
    this.probing = false
    this.refusalsFrom = this.nextRequestId
    this.#inflight.length = 0
    this.#inflightBytes = 0
    this.#inflightLoads = 0
  }

  /**
   * The peer has lost entries that it had acknowledged: it runs without a disk, or lost it. What
   * was counted stays counted, since no answer can take it back, but it is sent its log again.
   * Returns whether this is news.
   */
  hasForgotten(): boolean {
    const isNews = !this.forgetful
    this.forgetful = true
    return isNews
  }

  #forget(at: number): Inflight {
    const [inflight] = this.#inflight.splice(at, 1)
    assert(inflight !== undefined, 'what is forgotten was remembered')
    this.#inflightBytes -= inflight.bytes
    if (inflight.bytes > 0) this.#inflightLoads -= 1
    assert(this.#inflightBytes >= 0, 'no more bytes are settled than were sent')
    return inflight
  }
}
