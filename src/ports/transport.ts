/**
 * The network between servers: the weakest contract that Raft needs (§3.1). It moves bytes.
 */
import type { ServerId } from '../raft/index.ts'

/** What is small and must not wait, or what is large and may: a piece of a snapshot (§5.1). */
export type Lane = 'normal' | 'bulk'

export interface Transport {
  /**
   * Sends bytes to another server. Never blocks, never throws, promises nothing: they may arrive
   * late, twice, in another order or not at all, but never changed and never at another server.
   * The bytes may not be changed afterwards. What goes by the bulk lane holds up nothing that goes
   * by the normal one, where the transport can tell them apart; no lane means the normal one.
   */
  send(to: ServerId, bytes: Uint8Array, lane?: Lane): void
}

/** Who sent something: a server, told by its address, or whoever has this other address. */
export type Source =
  | { readonly kind: 'server'; readonly id: ServerId }
  | { readonly kind: 'client'; readonly address: string }

/** Takes in what has arrived; the bytes are the receiver's to keep. Never called from `send`. */
export type Receive = (source: Source, bytes: Uint8Array) => void
