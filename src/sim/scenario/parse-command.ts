/**
 * One command, from its words. What the first word is decides how the rest is read; messages are
 * selected and links named in the same words everywhere, see parse-selector.ts.
 */
import { defaultOptions, type RaftOptions, type ServerId } from '../../raft/index.ts'
import type { Command, DiskMode, Sight } from './command.ts'
import { anyLink, untilQuiet } from './command.ts'
import { parseExpectation } from './parse-expectation.ts'
import { parseChange, parseStep, parseTransfer } from './parse-membership.ts'
import { parseMessage } from './parse-message.ts'
import { isAtSelector, parseLinks, parseName, parseSelector } from './parse-selector.ts'
import { Problem } from './scenario-error.ts'
import { parseTerms } from './terms.ts'
import { Words } from './words.ts'

/** Commands that one `propose` may stand for. */
const proposalsMax = 10_000

type Parse = (words: Words, text: string) => Command

/** `servers` are those that were named before. */
export function parseCommand(text: string, servers: ReadonlySet<ServerId>): Command {
  const words = new Words(text, servers)
  const verb = words.word('a command')
  const parse = verbs.get(verb)
  if (parse === undefined) throw new Problem('SYNTAX', `there is no command "${verb}"`)
  if (verb !== 'servers' && verb !== 'seed' && servers.size === 0) {
    throw new Problem('SYNTAX', `name the servers before "${verb}"`)
  }
  const command = parse(words, text)
  words.end()
  return command
}

const verbs: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ['servers', parseServers],
  ['log', (words) => ({ kind: 'log', ids: idsOf(words), terms: parseTerms(words) })],
  ['term', (words) => ({ kind: 'term', ids: idsOf(words), term: words.integer('a term') })],
  ['vote', (words) => ({ kind: 'vote', ids: idsOf(words), candidateId: words.server() })],
  ['joining', (words) => ({ kind: 'joining', ids: words.servers() })],
  ['foreign', (words) => ({ kind: 'foreign', ids: words.servers() })],
  ['options', parseOptions],
  ['seed', (words) => ({ kind: 'seed', seed: words.quoted('a seed in quotes') })],
  ['leader', (words) => ({ kind: 'leader', id: words.server() })],

  ['timeout', (words) => ({ kind: 'timeout', id: words.server() })],
  ['heartbeat', (words) => ({ kind: 'heartbeat', id: words.server() })],
  ['quorum-check', (words) => ({ kind: 'quorumCheck', id: words.server() })],
  ['run', (words) => ({ kind: 'run', duration: words.milliseconds('how long') })],
  ['wait', parseWait],
  ['clock', parseClock],
  ['wake', (words) => ({ kind: 'wake', id: words.server() })],

  ['propose', parsePropose],
  ['read', parseRead],
  ['add', (words) => parseStep('add', words)],
  ['promote', (words) => parseStep('promote', words)],
  ['remove', (words) => parseStep('remove', words)],
  ['change', parseChange],

  ['transfer', parseTransfer],

  ['deliver', parseDeliver],
  ['drop', (words) => ({ kind: 'drop', which: parseSelector(words) })],
  [
    'repeat',
    (words) => ({ kind: 'repeat', which: parseSelector(words), name: nameAfterAs(words) }),
  ],
  ['hold', parseHold],
  ['release', parseRelease],
  ['cut', (words) => ({ kind: 'cut', links: parseLinks(words) })],
  ['heal', (words) => ({ kind: 'heal', links: words.isAtEnd ? anyLink : parseLinks(words) })],
  ['partition', parsePartition],
  ['forge', parseForge],

  ['crash', parseCrash],
  ['restart', (words) => ({ kind: 'restart', ids: words.servers() })],
  ['wipe', (words) => ({ kind: 'wipe', ids: words.servers() })],
  ['suspend', (words) => ({ kind: 'suspend', ids: words.servers() })],
  ['resume', (words) => ({ kind: 'resume', ids: words.servers() })],
  ['disk', parseDisk],
  ['save', (words) => ({ kind: 'save', id: words.server() })],
  ['snapshot', (words) => ({ kind: 'snapshot', ids: words.servers() })],

  ['show', parseShow],
  ['expect', (words) => ({ kind: 'expect', expectation: parseExpectation(words) })],
])

/** `1 2 =` */
function idsOf(words: Words): readonly ServerId[] {
  const ids = words.servers()
  words.require('=')
  return ids
}

function parseServers(words: Words): Command {
  const ids: ServerId[] = []
  while (!words.isAtEnd) {
    const id = words.word('a server')
    if (!/^[\w.:-]+$/u.test(id) || id === 'all') {
      throw new Problem('SYNTAX', `"${id}" is no name for a server`)
    }
    if (ids.includes(id)) throw new Problem('SYNTAX', `server ${id} is named twice`)
    ids.push(id)
  }
  if (ids.length === 0) throw new Problem('SYNTAX', 'a server is missing')
  return { kind: 'servers', ids }
}

function parseOptions(words: Words): Command {
  const options = new Map<string, number | boolean>()
  do {
    const name = words.word('an option')
    const isKnown = name === 'preVote' || name === 'leaseClockDriftMax'
    if (!isKnown && typeof defaultOptions[name as keyof RaftOptions] !== 'number') {
      throw new Problem('SYNTAX', `there is no option "${name}" with a number`)
    }
    words.require('=')
    options.set(name, name === 'preVote' ? isOn(words) : words.integer(name))
  } while (!words.isAtEnd)
  return { kind: 'options', options }
}

function isOn(words: Words): boolean {
  if (words.take('on')) return true
  words.require('off')
  return false
}

/** `read 2 "a" "b" under a lease`: the names are for the transcript. */
function parseRead(words: Words): Command {
  const id = words.server()
  const names = [words.quoted("a read's name in quotes")]
  while (words.isAtQuoted) names.push(words.quoted('another'))
  const isLeased = words.take('under')
  if (isLeased) {
    words.require('a')
    words.require('lease')
  }
  return { kind: 'read', id, names, consistency: isLeased ? 'lease' : 'linearizable' }
}

function parseWait(words: Words): Command {
  const ids = words.servers()
  return { kind: 'wait', ids, duration: words.milliseconds('how long') }
}

/** `clock 1 12.5ms` since its beginning, `clock 1 +12.5ms` from now on. */
function parseClock(words: Words): Command {
  const id = words.server()
  const isRelative = words.take('+')
  return { kind: 'clock', id, time: words.milliseconds('a time'), isRelative }
}

/** `propose 1 "a" "b"`, `propose 1 "x" 20 times`, `propose 1 "big" of 1400 bytes`. */
function parsePropose(words: Words): Command {
  const id = words.server()
  const first = words.quoted('a command in quotes')
  const commands = [first]
  if (words.isAtInteger) {
    const times = words.integer('how often')
    words.require('times')
    if (times < 1 || times > proposalsMax) {
      throw new Problem('SYNTAX', `a command is proposed 1 to ${proposalsMax} times`)
    }
    return {
      kind: 'propose',
      id,
      commands: Array.from({ length: times }, (_, i) => first + (i + 1)),
    }
  }
  if (words.take('of')) {
    const length = words.integer('a length')
    words.require('bytes')
    return { kind: 'propose', id, commands: [first.padEnd(length, '.')] }
  }
  while (words.isAtQuoted) commands.push(words.quoted('a command'))
  return { kind: 'propose', id, commands }
}

/** All until quiet, or a number of rounds; what is named more closely is delivered once. */
function parseDeliver(words: Words): Command {
  if (words.isAtInteger) {
    const rounds = parseRounds(words)
    return { kind: 'deliver', which: parseSelector(words), rounds }
  }
  const which = parseSelector(words)
  const { from, to, bothWays } = which.links
  const isConversation = which.sort === 'message' && (bothWays || (from === null && to === null))
  const isSingle = which.place !== null || which.name !== null
  return { kind: 'deliver', which, rounds: isConversation && !isSingle ? untilQuiet : 1 }
}

function parseRounds(words: Words): number {
  const rounds = words.integer('a number of rounds')
  if (!words.take('round')) words.require('rounds')
  return rounds
}

/** `hold 1→2` is the link from now on; `hold 1→2 #1` and `hold 1→2 as late` are messages. */
function parseHold(words: Words): Command {
  const which = parseSelector(words)
  const name = nameAfterAs(words)
  const isLink = which.place === null && which.sort === 'message' && name === null
  return isLink && which.name === null
    ? { kind: 'holdLinks', links: which.links }
    : { kind: 'holdMessages', which, name }
}

function parseRelease(words: Words): Command {
  const which = parseSelector(words)
  if (which.place !== null || which.sort !== 'message') {
    throw new Problem('SYNTAX', 'links are released, or messages by their names')
  }
  return { kind: 'release', which }
}

function nameAfterAs(words: Words): string | null {
  return words.take('as') ? parseName(words) : null
}

/** `partition 1 2 | 3 4`; the servers that are not named stay together. */
function parsePartition(words: Words): Command {
  const groups = [words.servers()]
  while (words.take('|')) groups.push(words.servers())
  const named = groups.flat()
  if (new Set(named).size !== named.length) {
    throw new Problem('SYNTAX', 'a server is on one side of a partition')
  }
  return { kind: 'partition', groups }
}

function parseForge(words: Words, text: string): Command {
  const { from, to, bothWays } = words.link()
  if (bothWays) throw new Problem('SYNTAX', 'a message goes one way')
  const said = text.replace(/^\s*forge\s+\S+\s*/u, '')
  while (!words.isAtEnd) words.word('the message')
  return { kind: 'forge', message: parseMessage(from, to, said) }
}

function parseCrash(words: Words): Command {
  const id = words.server()
  const keeping = words.take('keeping') ? words.integer('a number of saves') : 0
  return { kind: 'crash', id, keeping }
}

const diskModes: readonly DiskMode[] = ['saves', 'holds', 'fails']

function parseDisk(words: Words): Command {
  const ids = words.servers()
  if (words.take('has')) {
    words.require('space')
    return { kind: 'diskSpace', ids, roomBytes: null }
  }
  if (words.take('full')) {
    const roomBytes = words.take('but') ? roomOf(words) : 0
    return { kind: 'diskSpace', ids, roomBytes }
  }
  const mode = diskModes.find((known) => words.take(known))
  if (mode === undefined)
    throw new Problem('SYNTAX', `a disk ${diskModes.join(', ')}, full, has space`)
  return { kind: 'disk', ids, mode }
}

/** `for 2000 bytes`. */
function roomOf(words: Words): number {
  words.require('for')
  const bytes = words.integer('a number of bytes')
  words.require('bytes')
  return bytes
}

const sights: readonly Sight[] = ['state', 'log', 'disk', 'peers', 'timers', 'messages']

function parseShow(words: Words): Command {
  const sight = sights.find((known) => words.take(known)) ?? 'state'
  if (sight === 'messages' && isAtSelector(words)) {
    throw new Problem('SYNTAX', 'all messages are shown')
  }
  return { kind: 'show', sight, ids: words.serversOrAll() }
}
