/** What plays say of who takes part: changes that are asked for, and configurations expected. */
import type { ServerId } from '../../raft/index.ts'
import type { Command, Expectation, WantedChange } from './command.ts'
import type { Words } from './words.ts'

/** `add 4 at 1`, `promote 4 5 at 1`, `remove 3 at 1`: the difference to what 1 goes by. */
export function parseStep(kind: 'add' | 'promote' | 'remove', words: Words): Command {
  const servers = words.servers()
  words.require('at')
  return { kind: 'change', at: words.server(), wanted: { kind, servers }, force: isForced(words) }
}

/** `change voters 1 2 4 learners 5 at 1`: all of it. */
export function parseChange(words: Words): Command {
  words.require('voters')
  const voters = words.isAtServer ? words.servers() : []
  const learners = words.take('learners') ? words.servers() : []
  const wanted: WantedChange = { kind: 'whole', voters, learners }
  words.require('at')
  return { kind: 'change', at: words.server(), wanted, force: isForced(words) }
}

/** `transfer 2 at 1`: 1 is to hand over to 2; `transfer at 1`: to whoever is most up to date. */
export function parseTransfer(words: Words): Command {
  const to = words.isAt('at') ? null : words.server()
  words.require('at')
  return { kind: 'transfer', at: words.server(), to }
}

function isForced(words: Words): boolean {
  return words.take('by') && words.take('force')
}

/** `voters 1 2 4`, `voters 1 2 4 | 1 2 3` of a joint one, the new group first. */
export function parseVoters(words: Words): Expectation {
  const voters = words.servers()
  const votersOld = words.take('|') ? words.servers() : null
  return { kind: 'voters', voters, votersOld, at: placeOf(words) }
}

/** `learners 4 5`; none are expected with `no learners`. */
export function parseLearners(words: Words, learners: readonly ServerId[]): Expectation {
  return { kind: 'learners', learners, at: placeOf(words) }
}

function placeOf(words: Words): readonly ServerId[] | null {
  return words.take('at') ? words.servers() : null
}
