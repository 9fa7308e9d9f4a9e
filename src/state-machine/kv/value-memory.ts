/**
 * The memory of values. A typed array with memory of its own costs more to make than all else that
 * a change does, and is one more thing for the garbage collector; so values stand side by side in
 * blocks. A block is kept for as long as one of its values lives: when the blocks hold too much
 * that does not, the values of the oldest that still live are moved to the newest.
 */
import { Fifo } from '../../base/fifo.ts'

const blockBytes = 16 * 1024

/** A block also tells whose values were put into it, for those that live to be found again. */
export interface ValueBlock {
  readonly bytes: Uint8Array
  readonly keys: string[]
}

/** The engine keeps shorter values with the object; longer ones are worth memory of their own. */
const inBlock = { bytesMin: 65, bytesMax: 2048 } as const

/** What blocks may hold beside twice what lives in them. */
export const slackBytes: number = 1024 * 1024

export class ValueMemory {
  readonly #blocks = new Fifo<ValueBlock>()
  #newest: ValueBlock = { bytes: new Uint8Array(0), keys: [] }
  #used = 0
  #liveBytes = 0

  /** What the blocks take. */
  get heldBytes(): number {
    return this.#blocks.length * blockBytes
  }

  /** What lives in them. */
  get liveBytes(): number {
    return this.#liveBytes
  }

  /** A copy of the key's new value. */
  keep(key: string, value: Uint8Array): Uint8Array {
    const { length } = value
    if (length < inBlock.bytesMin || length > inBlock.bytesMax) return new Uint8Array(value)
    if (this.#used + length > this.#newest.bytes.length) {
      this.#newest = { bytes: new Uint8Array(blockBytes), keys: [] }
      this.#blocks.push(this.#newest)
      this.#used = 0
    }
    const { bytes, keys } = this.#newest
    bytes.set(value, this.#used)
    const copy = new Uint8Array(bytes.buffer, this.#used, length)
    this.#used += length
    this.#liveBytes += length
    keys.push(key)
    return copy
  }

  /** A value that was kept here is its key's no longer. */
  release({ length }: Uint8Array): void {
    if (length >= inBlock.bytesMin && length <= inBlock.bytesMax) this.#liveBytes -= length
  }

  /**
   * The oldest block, where the blocks hold too much: it is no longer one of them, and what lives
   * in it is to be kept anew, and released here. Null where all is well.
   */
  takeOldest(): ValueBlock | null {
    if (this.heldBytes <= 2 * this.#liveBytes + slackBytes || this.#blocks.length < 2) return null
    return this.#blocks.shift() ?? null
  }
}
