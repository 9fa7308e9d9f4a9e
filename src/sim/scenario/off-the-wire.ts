/**
 * What is on its way is what the bytes say that a server has sent, and not what it meant to say.
 */
import type { Message, ServerId } from '../../raft/index.ts'
import { decodeDatagram } from '../../wire/index.ts'

/** What our own servers send can be read, or our codec is broken. */
export function messageIn(bytes: Uint8Array, from: ServerId, to: ServerId): Message {
  const decoded = decodeDatagram(bytes, from, to)
  if (decoded.kind === 'message') return decoded.message
  throw new Error(`a server has sent what cannot be read: ${JSON.stringify(decoded)}`)
}
