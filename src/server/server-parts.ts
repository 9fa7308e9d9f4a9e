/** What one server consists of: see server.ts. */
import type { Clock, Storage, Transport } from '../ports/index.ts'
import type { Answer, Entry, Message, Notice, Raft, ServerId } from '../raft/index.ts'
import type { SnapshotParts } from './snapshots.ts'

export interface ServerParts {
  readonly raft: Raft
  readonly clock: Clock
  readonly storage: Storage
  readonly transport: Transport
  /** A message as bytes. */
  readonly encode: (message: Message) => Uint8Array
  /** Committed entries, in order, each once. An exception stops the server. */
  readonly apply: (entry: Entry) => void
  /**
   * Proposals are answered before what is committed by then is applied, so that it is known who
   * waits for it; reads after it. The state machine may still be behind a read's index, and then
   * the read waits for `apply` (`state.lastApplied` is what was given out, perhaps not yet all).
   */
  readonly answer: (answer: Answer) => void
  readonly notice: (notice: Notice) => void
  /** Left out, or null: the server takes no snapshots, and its log grows for ever. */
  readonly snapshots?: SnapshotParts | null
  /** Which data directory a server has that is connected now; null where that is not known. */
  readonly incarnationOf?: (id: ServerId) => number | null
  /** The server has stopped and says nothing more: the disk failed, or an invariant broke. */
  readonly fatal: (error: Error) => void
}
