/**
 * A message in the words in which messages are shown, for `forge`: what a server of ours would
 * never say, or would not say now.
 */
import { utf8Encode } from '../../base/bytes.ts'
import {
  appendEntriesAccepted,
  appendEntriesRefused,
  appendEntriesRequest,
  type Entry,
  entry,
  type Message,
  requestVoteRequest,
  requestVoteResponse,
  type ServerId,
} from '../../raft/index.ts'
import { Problem } from './scenario-error.ts'
import { givenEntry } from './terms.ts'

/** Of a forged message that says none. A server echoes it; 0 marks another implementation. */
const requestIdByDefault = 1

/** `AppendEntriesRequest term=1 prev=1@1 entries=[2@1 "x"] leaderCommit=0`, and its like. */
export function parseMessage(from: ServerId, to: ServerId, text: string): Message {
  const [kind = ''] = text.split(/\s/u, 1)
  const fields = new Fields(text.slice(kind.length))
  const message = messageOf(kind, from, to, fields)
  fields.end()
  return message
}

function messageOf(kind: string, from: ServerId, to: ServerId, fields: Fields): Message {
  const term = fields.number('term')
  const requestId = fields.numberOr('requestId', requestIdByDefault)
  // A response is made for a request that stood the other way round.
  const answered = { from: to, to: from, requestId }
  switch (kind) {
    case 'RequestVoteRequest': {
      const [lastIndex, lastTerm] = fields.place('last')
      return requestVoteRequest(from, to, term, lastIndex, lastTerm, requestId)
    }
    case 'RequestVoteResponse':
      return requestVoteResponse(answered, term, fields.either('granted', 'refused'))
    case 'AppendEntriesRequest': {
      const entries = fields.entries()
      const [prevIndex, prevTerm] = fields.place('prev')
      const leaderCommit = fields.number('leaderCommit')
      return appendEntriesRequest(
        from,
        to,
        term,
        prevIndex,
        prevTerm,
        entries,
        leaderCommit,
        requestId,
      )
    }
    case 'AppendEntriesResponse':
      if (fields.either('success', 'failure')) {
        return appendEntriesAccepted(answered, term, fields.numberOr('matchIndex', 0))
      }
      return appendEntriesRefused(answered, term, ...fields.placeOr('hint', [0, 0]))
    default:
      throw new Problem('SYNTAX', `there is no message "${kind}"`)
  }
}

/** The fields of a message, in any order; what was asked for is taken out. */
class Fields {
  #text: string

  constructor(text: string) {
    this.#text = text
  }

  number(name: string): number {
    return Number(this.#require(name, this.#take(new RegExp(`(?<=\\s)${name}=(\\d+)`, 'u')))[0])
  }

  numberOr(name: string, otherwise: number): number {
    return this.#has(name) ? this.number(name) : otherwise
  }

  place(name: string): [number, number] {
    const [index, term] = this.#require(
      name,
      this.#take(new RegExp(`(?<=\\s)${name}=(\\d+)@(\\d+)`, 'u')),
    )
    return [Number(index), Number(term)]
  }

  placeOr(name: string, otherwise: [number, number]): [number, number] {
    return this.#has(name) ? this.place(name) : otherwise
  }

  either(yes: string, no: string): boolean {
    const [word] = this.#require(`${yes} or ${no}`, this.#take(new RegExp(`\\b(${yes}|${no})\\b`)))
    return word === yes
  }

  entries(): Entry[] {
    const [list = ''] = this.#require('entries', this.#take(/(?<=\s)entries=\[(.*)\]/u))
    const pattern = /(\d+)@(\d+)(?: (noop)| "((?:[^"\\]|\\.)*)")?(?:, |$)/gu
    const rest = list.replace(pattern, '')
    if (rest !== '') throw new Problem('SYNTAX', `"${rest}" is no list of entries`)
    return [...list.matchAll(pattern)].map(([, index, term, noop, command]) => {
      if (noop !== undefined) return entry(Number(index), Number(term), 'noop', utf8Encode(''))
      if (command === undefined) return givenEntry(Number(index), Number(term))
      return entry(Number(index), Number(term), 'command', utf8Encode(command))
    })
  }

  end(): void {
    const rest = this.#text.trim()
    if (rest !== '') throw new Problem('SYNTAX', `"${rest}" is no field of this message`)
  }

  #has(name: string): boolean {
    return new RegExp(`(?<=\\s)${name}=`, 'u').test(this.#text)
  }

  #take(pattern: RegExp): string[] | null {
    const match = pattern.exec(this.#text)
    if (match === null) return null
    this.#text = this.#text.replace(match[0], '')
    return match.slice(1)
  }

  #require(name: string, groups: string[] | null): string[] {
    if (groups === null) throw new Problem('SYNTAX', `the message lacks ${name}`)
    return groups
  }
}
