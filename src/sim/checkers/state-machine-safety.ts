/**
 * State Machine Safety (Figure 3.2): if a server has applied a log entry at a given index to its
 * state machine, no other server will ever apply a different log entry for the same index. Each
 * server's applied entries are folded into a hash, of which there is one for each index.
 */
import { bytesEqual } from '../../base/bytes.ts'
import type { Entry, LogIndex, ServerId } from '../../raft/index.ts'
import { InvariantError } from './invariant-error.ts'
import { place } from './known-entries.ts'

interface Applied {
  readonly entry: Entry
  readonly by: ServerId
  readonly digest: number
  /** Of everything through this index. */
  readonly hash: number
  /** What the state machine itself says of its state; null where it was not asked. */
  readonly machineDigest: number | null
}

/** What one life of a server has applied. */
export interface AppliedState {
  lastApplied: LogIndex
  hash: number
}

export class StateMachineSafety {
  /** By index; place 0 is the empty state. */
  readonly #applied: Applied[] = []

  /** `state` belongs to the server's present life and is brought up to date. */
  applied(
    id: ServerId,
    state: AppliedState,
    entry: Entry,
    machineDigest: number | null = null,
  ): void {
    if (entry.index !== state.lastApplied + 1) {
      throw new InvariantError(
        'state machine safety',
        `${id} applies ${place(entry)} after entry ${state.lastApplied}`,
      )
    }
    const first = this.#applied[entry.index - 1]
    if (first !== undefined && !isSame(first.entry, entry)) {
      throw new InvariantError(
        'state machine safety',
        `${id} applies ${place(entry)}, but ${first.by} has applied ${place(first.entry)}` +
          (first.entry.term === entry.term ? ' with other contents' : ''),
      )
    }
    const digest = first === undefined ? digestOf(entry) : first.digest
    state.lastApplied = entry.index
    state.hash = fold(state.hash, digest)
    if (first === undefined) {
      this.#applied.push({ entry, by: id, digest, hash: state.hash, machineDigest })
    } else if (first.hash !== state.hash || first.machineDigest !== machineDigest) {
      throw new InvariantError(
        'state machine safety',
        `after entry ${entry.index} the state of ${id} differs from that of ${first.by}`,
      )
    }
  }

  /** The state was taken from a snapshot: it is what everybody had after that entry. */
  restored(id: ServerId, state: AppliedState, index: LogIndex, machineDigest: number): void {
    const first = this.#applied[index - 1]
    if (first === undefined || index < state.lastApplied) {
      throw new InvariantError(
        'state machine safety',
        `${id} takes on the state after entry ${index}, having applied ${state.lastApplied}`,
      )
    }
    if (first.machineDigest !== machineDigest) {
      throw new InvariantError(
        'state machine safety',
        `${id} takes on another state after entry ${index} than ${first.by} had there`,
      )
    }
    state.lastApplied = index
    state.hash = first.hash
  }
}

function isSame(a: Entry, b: Entry): boolean {
  return a.term === b.term && a.kind === b.kind && bytesEqual(a.command, b.command)
}

/** FNV-1a. */
function digestOf(entry: Entry): number {
  let hash = fold(fold(0x811c9dc5, entry.index), entry.term)
  for (let i = 0; i < entry.command.length; i++) {
    hash = Math.imul(hash ^ (entry.command[i] as number), 0x01000193)
  }
  return hash | 0
}

function fold(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x01000193)
  return (mixed ^ (mixed >>> 13)) | 0
}
