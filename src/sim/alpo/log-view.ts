/** ALPO's log in the shape that the checkers know: an id is an index, and every entry a command. */
import { entry, type Log, type Entry as OwnEntry } from '../../alpo/index.ts'
import { type Entry, entry as raftEntry } from '../../raft/index.ts'
import type { LogView } from '../checkers/log-view.ts'

const converted = new WeakMap<OwnEntry, Entry>()

/** The same object each time: the checkers tell entries apart by what they are. */
export function asChecked(own: OwnEntry): Entry {
  const known = converted.get(own)
  if (known !== undefined) return known
  const made = raftEntry(own.id, own.term, 'command', own.command)
  converted.set(own, made)
  return made
}

/** What a play or a checker gives as an entry, as ALPO has it. */
export function asOwn({ index, term, command }: Entry): OwnEntry {
  return entry(index, term, command)
}

export function viewOf(log: Log): LogView {
  return {
    lastIndex: log.lastId,
    epoch: log.epoch,
    has: (index) => log.has(index),
    termAt: (index) => log.termAt(index),
    entryAt: (index) => asChecked(log.entryAt(index)),
    matches: (index, term) => log.matches(index, term),
  }
}
