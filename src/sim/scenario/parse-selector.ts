/**
 * How messages and links are named: `1→2`, `1↔2`, `to 3`, `from 1`, `responses from 2 to 1`,
 * `1→2 #2`, `1→2 last`, or the name that a message was given with `as`.
 */
import type { Links, MessageSort, Selector } from './command.ts'
import { anyLink, anyMessage } from './command.ts'
import { Problem } from './scenario-error.ts'
import type { Words } from './words.ts'

const sorts: ReadonlyMap<string, MessageSort> = new Map([
  ['message', 'message'],
  ['messages', 'message'],
  ['request', 'request'],
  ['requests', 'request'],
  ['response', 'response'],
  ['responses', 'response'],
  ['RequestVoteRequest', 'requestVoteRequest'],
  ['RequestVoteResponse', 'requestVoteResponse'],
  ['AppendEntriesRequest', 'appendEntriesRequest'],
  ['AppendEntriesResponse', 'appendEntriesResponse'],
  ['PreVoteRequest', 'preVoteRequest'],
  ['PreVoteResponse', 'preVoteResponse'],
  ['TimeoutNowRequest', 'timeoutNowRequest'],
  ['InstallSnapshotRequest', 'installSnapshotRequest'],
  ['InstallSnapshotResponse', 'installSnapshotResponse'],
  ['ReadIndexRequest', 'readIndexRequest'],
  ['ReadIndexResponse', 'readIndexResponse'],
])

export function parseSelector(words: Words): Selector {
  if (words.isAtEnd) return anyMessage
  const sort = parseSort(words)
  if (sort === null && !isAtLinks(words)) {
    return { links: anyLink, sort: 'message', place: null, name: parseName(words) }
  }
  const links = isAtLinks(words) ? parseLinks(words) : anyLink
  return { links, sort: sort ?? 'message', place: parsePlace(words), name: null }
}

export function isAtSelector(words: Words): boolean {
  return isAtLinks(words)
}

/** `1→2`, `1↔2`, `from 1`, `to 2`, `from 1 to 2`. */
export function parseLinks(words: Words): Links {
  if (words.isAtLink) return words.link()
  const from = words.take('from') ? words.server() : null
  const to = words.take('to') ? words.server() : null
  if (from === null && to === null) {
    throw new Problem('SYNTAX', `links are named as 1→2, 1↔2, from 1 or to 2`)
  }
  return { from, to, bothWays: false }
}

function isAtLinks(words: Words): boolean {
  return words.isAtLink || words.isAt('from') || words.isAt('to')
}

function parseSort(words: Words): MessageSort | null {
  for (const [word, sort] of sorts) if (words.take(word)) return sort
  return null
}

function parsePlace(words: Words): number | 'last' | null {
  if (words.take('last')) return 'last'
  const place = words.takeMatch(/^#([1-9]\d*)$/)
  return place === null ? null : Number(place)
}

/** The name of a message: a plain word. */
export function parseName(words: Words): string {
  const name = words.word('the name of a message')
  if (!/^[a-z][\w-]*$/i.test(name)) throw new Problem('SYNTAX', `"${name}" is no name of a message`)
  return name
}
