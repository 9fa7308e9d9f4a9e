/** What an `expect` says, from its words; expectations.ts judges it. */
import type { ServerId } from '../../raft/index.ts'
import type { Expectation, ExpectedField, ExpectedRole } from './command.ts'
import { parseLearners, parseVoters } from './parse-membership.ts'
import { parseSelector } from './parse-selector.ts'
import { Problem } from './scenario-error.ts'
import { parseTerms } from './terms.ts'
import type { Words } from './words.ts'

const roles: readonly ExpectedRole[] = ['follower', 'candidate', 'down', 'suspended']
const bounds = ['most', 'least'] as const

export function parseExpectation(words: Words): Expectation {
  if (words.take('quiet')) return { kind: 'quiet' }
  if (words.take('invariants')) return { kind: 'invariants' }
  if (words.take('no')) {
    if (words.take('learners')) return parseLearners(words, [])
    words.require('leader')
    return { kind: 'leader', id: null }
  }
  if (words.take('leader')) return { kind: 'leader', id: words.server() }
  if (words.take('electable')) {
    return { kind: 'electable', ids: words.take('none') ? [] : words.servers() }
  }
  if (words.take('breach')) {
    return { kind: 'breach', invariant: words.quoted('a guarantee in quotes') }
  }
  if (words.take('voters')) return parseVoters(words)
  if (words.take('learners')) return parseLearners(words, words.servers())
  const role = roles.find((known) => words.take(known))
  if (role !== undefined) return { kind: 'role', role, at: words.servers() }
  if (words.take('logs')) {
    words.require('equal')
    return { kind: 'logsEqual', at: servers(words) }
  }
  return parseCount(words) ?? parseField(words)
}

/** `at 1 2`; null without it: every server that is running. */
function servers(words: Words): readonly ServerId[] | null {
  return words.take('at') ? words.servers() : null
}

/** `at most 3 rounds`, `exactly 2 AppendEntriesRequest 1→3`. */
function parseCount(words: Words): Expectation | null {
  let bound: 'at most' | 'at least' | 'exactly'
  if (words.take('exactly')) {
    bound = 'exactly'
  } else {
    if (!words.take('at')) return null
    const extreme = bounds.find((known) => words.take(known))
    if (extreme === undefined) throw new Problem('SYNTAX', '"at most" or "at least" is expected')
    bound = `at ${extreme}`
  }
  const number = words.integer('a number')
  if (words.take('round') || words.take('rounds')) return { kind: 'count', bound, number, of: null }
  const of = parseSelector(words)
  if (of.place !== null || of.name !== null) {
    throw new Problem('SYNTAX', 'rounds or messages are counted')
  }
  return { kind: 'count', bound, number, of }
}

/** `commitIndex 3 at 1 2`, `saved vote 1 at 2`, `log 1,1,2`, `matchIndex 3 of 2 at 1`. */
function parseField(words: Words): Expectation {
  const isSaved = words.take('saved')
  const name = words.word('what is expected')
  switch (name) {
    case 'log':
      return parseLog(words, isSaved)
    case 'term':
      return field(isSaved ? 'savedTerm' : 'term', words.integer('a term'), words)
    case 'vote':
      return field(isSaved ? 'savedVote' : 'vote', serverOrNone(words), words)
    case 'snapshot':
      return field(isSaved ? 'savedSnapshot' : 'snapshot', indexOrNone(words), words)
    case 'leaderId':
      return field('leaderId', serverOrNone(words), words)
    case 'commitIndex':
      return field('commitIndex', words.integer('an index'), words)
    case 'matchIndex':
    case 'nextIndex': {
      const value = words.integer('an index')
      words.require('of')
      const of = words.server()
      words.require('at')
      return { kind: 'peer', field: name, value, of, at: words.server() }
    }
    default:
      throw new Problem('SYNTAX', `nobody knows how to expect "${name}"`)
  }
}

/** `log 1,1,2`; `log 2,2 after 5` where entry 5 and what is before it are in a snapshot only. */
function parseLog(words: Words, isSaved: boolean): Expectation {
  const terms = parseTerms(words)
  const after = words.take('after') ? words.integer('an index') : 0
  return { kind: 'log', isSaved, terms, after, at: servers(words) }
}

function indexOrNone(words: Words): number | string {
  return words.take('none') ? 'none' : words.integer('an index')
}

function serverOrNone(words: Words): string {
  return words.take('none') ? 'none' : words.server()
}

function field(name: ExpectedField, value: number | string, words: Words): Expectation {
  return { kind: 'field', field: name, value, at: servers(words) }
}
