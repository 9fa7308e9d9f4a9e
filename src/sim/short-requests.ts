/**
 * Requests that are made what a more frugal leader would have sent. Our leaders send as much as
 * they can; a follower must be right with any leader, so some requests take fewer entries along
 * than their leader has put into them. It knows nothing of that, so that it must not hear of their
 * success.
 */
import type { Random } from '../base/random.ts'
import type {
  AppendEntriesRequest,
  AppendEntriesResponse,
  Message,
  ServerId,
} from '../raft/index.ts'

export class ShortRequests {
  readonly #chance: number
  readonly #random: Random
  /** Their leader, its peer, term and number. */
  readonly #shortened = new Set<string>()
  count = 0

  constructor(chance: number, random: Random) {
    this.#chance = chance
    this.#random = random
  }

  /** What is sent in the place of `message`: mostly that. */
  shorten(message: Message): Message {
    if (message.kind !== 'appendEntriesRequest' || message.entries.length === 0) return message
    // Of a request without an id the answers could not be told from others.
    if (message.requestId === 0) return message
    if (this.#chance === 0 || !this.#random.chance(this.#chance)) return message
    this.count += 1
    this.#shortened.add(nameOf(message.from, message))
    const entries = message.entries.slice(0, this.#random.integer(0, message.entries.length - 1))
    return { ...message, entries }
  }

  /** Whether this is the success of a request that was shortened. */
  isAnsweredBy(message: Message): boolean {
    if (this.#shortened.size === 0) return false
    if (message.kind !== 'appendEntriesResponse' || !message.success) return false
    return this.#shortened.has(nameOf(message.to, message))
  }
}

function nameOf(
  leader: ServerId,
  { from, to, term, requestId }: AppendEntriesRequest | AppendEntriesResponse,
): string {
  return `${leader} ${leader === from ? to : from} ${term} ${requestId}`
}
