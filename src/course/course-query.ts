/**
 * What the course's server answers to a ClientQuery (§6.4): its state machine remembers commands,
 * so it is asked for one of them by its index in the log, or for the last.
 */
import { utf8Decode, utf8Encode } from '../base/bytes.ts'
import type { RaftState } from '../raft/index.ts'
import { entryLine } from '../state-machine/index.ts'

/**
 * The line `term,index,command` of the entry at the index that `query` gives in decimal; of the
 * last one that was applied where the query is empty. Throws where there is none.
 */
export function answerQuery(query: Uint8Array, state: RaftState): Uint8Array {
  const text = utf8Decode(query)
  if (text === null || !/^(?:[1-9]\d{0,15})?$/.test(text)) {
    throw new Error('a query is empty, or an index from 1 up')
  }
  const { log, lastApplied } = state
  if (text === '' && lastApplied === 0) return new Uint8Array(0)
  const index = text === '' ? lastApplied : Number(text)
  if (index > lastApplied) throw new Error(`entry ${text} is not applied; ${lastApplied} is`)
  return utf8Encode(entryLine(log.entryAt(index)))
}
