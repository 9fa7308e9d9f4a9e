/**
 * Reads what the servers say to each other, and blames whoever says what no correct server does.
 * It sees every datagram when it leaves, and remembers terms, votes, leaders and entries.
 */
import { utf8Decode } from '../../../base/bytes.ts'
import type { Message } from '../../../raft/index.ts'
import { decodeDatagram } from '../../../wire/index.ts'
import { Blame, type Rule } from '../rules.ts'

/** Sockets are read in any order: what was sent within this time may seem to go back. */
const disorderMs = 1000

export class Watcher {
  readonly #ids: readonly string[]
  readonly #ports: readonly number[]
  readonly #now: () => number
  readonly #blames = new Map<string, Blame>()
  /** By term: for whom each server has voted, itself included. */
  readonly #votes = new Map<number, Map<number, number>>()
  readonly #leaders = new Map<number, number>()
  /** By index and term: the command. */
  readonly #entries = new Map<string, string>()
  /** For each server its latest term, and since when. */
  readonly #terms: { term: number; since: number; before: number }[]
  leader: number | null = null

  constructor(ids: readonly string[], now: () => number) {
    this.#ids = ids
    this.#ports = ids.map((id) => Number(id.split(':')[1]))
    this.#now = now
    this.#terms = ids.map(() => ({ term: 0, since: 0, before: 0 }))
  }

  /** The first of each kind. */
  get blames(): readonly Blame[] {
    return [...this.#blames.values()]
  }

  /** A server sends this to another, from this port. True where it may be repeated. */
  saw(from: number, to: number, bytes: Uint8Array, port: number): boolean {
    if (port !== this.#ports[from]) {
      this.#blame('C5', from, `sends from port ${port}, and its own is ${this.#ports[from]}`)
    }
    const decoded = decodeDatagram(bytes, this.#ids[from] as string, this.#ids[to] as string)
    if (decoded.kind === 'invalid') {
      this.#blame('C6', from, `sends what is not valid (${decoded.reason})`)
      return true
    }
    if (decoded.kind !== 'message') return false
    const { message } = decoded
    this.#read(from, to, message)
    // What may be answered twice and does not say what for: Listing 1 has no means against that.
    const isVote = message.kind === 'requestVoteRequest' || message.kind === 'requestVoteResponse'
    return isVote || ('requestId' in message && message.requestId > 0)
  }

  #read(from: number, to: number, message: Message): void {
    this.#speaksOf(from, message.term)
    switch (message.kind) {
      case 'requestVoteRequest':
        this.#vote(message.term, from, from)
        break
      case 'requestVoteResponse':
        if (message.voteGranted) this.#vote(message.term, from, to)
        break
      case 'appendEntriesRequest':
        this.#leads(message.term, from)
        for (const { index, term, command } of message.entries) {
          this.#entry(from, index, term, utf8Decode(command) ?? '(bytes)')
        }
        break
      default:
        break
    }
  }

  #speaksOf(server: number, term: number): void {
    const known = this.#terms[server]
    if (known === undefined) return
    const now = this.#now()
    const lowest = now - known.since > disorderMs ? known.term : known.before
    if (term < lowest) this.#blame('R9', server, `speaks of term ${term} after term ${lowest}`)
    if (term <= known.term) return
    known.before = lowest
    known.term = term
    known.since = now
  }

  #vote(term: number, voter: number, candidate: number): void {
    const votes = this.#votes.get(term) ?? new Map<number, number>()
    this.#votes.set(term, votes)
    const before = votes.get(voter)
    if (before === undefined) votes.set(voter, candidate)
    else if (before !== candidate) {
      const [one, other] = [before, candidate].map((server) => this.#ids[server])
      this.#blame('R5', voter, `votes for ${one} and for ${other} in term ${term}`)
    }
  }

  #leads(term: number, server: number): void {
    const known = this.#leaders.get(term)
    if (known === undefined) {
      this.#leaders.set(term, server)
      this.leader = server
      const votes = [...(this.#votes.get(term)?.values() ?? [])]
      const own = votes.filter((candidate) => candidate === server).length
      if (2 * own > this.#ids.length) return
      this.#blame('R12', server, `leads term ${term} with ${own} of ${this.#ids.length} votes`)
    } else if (known !== server) {
      this.#blame('R16', server, `leads term ${term}, which ${this.#ids[known]} leads`)
    }
  }

  #entry(server: number, index: number, term: number, command: string): void {
    const key = `${index}/${term}`
    const known = this.#entries.get(key)
    if (known === undefined) this.#entries.set(key, command)
    else if (known !== command) {
      const what = `has ${command} as entry ${index} of term ${term}, which was ${known}`
      this.#blame('R16', server, what)
    }
  }

  #blame(rule: Rule, server: number, what: string): void {
    const key = `${rule}/${server}`
    if (!this.#blames.has(key))
      this.#blames.set(key, new Blame(rule, `${this.#ids[server]} ${what}`))
  }
}
