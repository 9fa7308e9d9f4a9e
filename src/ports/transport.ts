/**
 * The network between servers: the weakest contract that Raft needs (§3.1). It moves bytes.
 */
import type { ServerId } from '../raft/index.ts'

export interface Transport {
  /**
   * Sends bytes to another server. Never blocks, never throws, promises nothing: they may arrive
   * late, twice, in another order or not at all, but never changed and never at another server.
   * The bytes may not be changed afterwards.
   */
  send(to: ServerId, bytes: Uint8Array): void
}
