/**
 * Reads a durable snapshot: all of it at start, when every block is checked, or the chunks that a
 * leader sends, when the blocks that they stand in are.
 */
import { assert } from '../base/assert.ts'
import type { Checksum } from '../base/crc32.ts'
import type { ReadFile, SnapshotChunk, SnapshotReader } from '../ports/index.ts'
import type { Snapshot } from '../raft/index.ts'
import { corrupt, diskFailed } from './errors.ts'
import { blockBytes, blockChecksumBytes, blockPosition, blocksOf } from './snapshot-format.ts'
import { viewOf } from './uint64.ts'

type Done = (error: Error | null, chunk: SnapshotChunk | null) => void

export class SnapshotFileReader implements SnapshotReader {
  readonly snapshot: Snapshot
  readonly #path: string
  readonly #name: string
  readonly #file: ReadFile
  readonly #checksum: Checksum
  readonly #soon: (callback: () => void) => void

  constructor(
    path: string,
    name: string,
    file: ReadFile,
    snapshot: Snapshot,
    checksum: Checksum,
    soon: (callback: () => void) => void,
  ) {
    this.#path = path
    this.#name = name
    this.#file = file
    this.snapshot = snapshot
    this.#checksum = checksum
    this.#soon = soon
  }

  read(offset: number, bytesMax: number, done: Done): void {
    const { size } = this.snapshot
    assert(offset <= size, 'a chunk begins inside its snapshot')
    const length = Math.min(bytesMax, size - offset)
    if (length === 0) {
      this.#soon(() => done(null, { data: new Uint8Array(0), checksum: this.snapshot.checksum }))
      return
    }
    const { from, to } = blocksOf(offset, length)
    // The checksum before the first of them stands right in front of it.
    const before = from === 0 ? 0 : blockChecksumBytes
    const position = this.#positionOf(from) - before
    const last = Math.min(size, to * blockBytes)
    const end = this.#positionOf(to - 1) + (last - (to - 1) * blockBytes) + blockChecksumBytes
    this.#file.read(position, end - position, (error, bytes) => {
      if (bytes === null) {
        done(diskFailed(this.#path, 'read', this.#name, position, error), null)
        return
      }
      const checksum = from === 0 ? 0 : viewOf(bytes).getUint32(0, true)
      this.#chunk(bytes.subarray(before), from, checksum, offset, length, done)
    })
  }

  /** Checks the blocks and cuts the chunk out of them. */
  #chunk(
    bytes: Uint8Array,
    from: number,
    before: number,
    offset: number,
    length: number,
    done: Done,
  ): void {
    const data = new Uint8Array(length)
    let checksum = before
    let through = before
    let block = from
    for (let at = 0; at < bytes.length; at += blockBytes + blockChecksumBytes) {
      const content = this.#contentOf(bytes, at, block)
      const start = Math.max(0, offset - block * blockBytes)
      const stop = Math.min(content.length, offset + length - block * blockBytes)
      data.set(content.subarray(start, stop), block * blockBytes + start - offset)
      through = this.#checksum(content.subarray(0, stop), checksum)
      checksum = this.#checksum(content, checksum)
      if (viewOf(bytes).getUint32(at + content.length, true) !== checksum) {
        done(this.#damaged(block), null)
        return
      }
      block += 1
    }
    done(null, { data, checksum: through })
  }

  *readAll(): Iterable<Uint8Array> {
    const { size } = this.snapshot
    let checksum = 0
    for (let block = 0; block * blockBytes < size; block++) {
      const length = Math.min(blockBytes, size - block * blockBytes)
      const bytes = this.#readNow(this.#positionOf(block), length + blockChecksumBytes)
      const content = bytes.subarray(0, length)
      checksum = this.#checksum(content, checksum)
      if (viewOf(bytes).getUint32(length, true) !== checksum) throw this.#damaged(block)
      yield content
    }
    if (checksum !== this.snapshot.checksum) throw this.#damaged(0)
  }

  close(): void {
    this.#file.close()
  }

  #readNow(position: number, length: number): Uint8Array {
    try {
      return this.#file.readNow(position, length)
    } catch (error) {
      throw diskFailed(this.#path, 'read', this.#name, position, error)
    }
  }

  #contentOf(bytes: Uint8Array, at: number, block: number): Uint8Array {
    const length = Math.min(blockBytes, this.snapshot.size - block * blockBytes)
    return bytes.subarray(at, at + length)
  }

  #positionOf(block: number): number {
    return blockPosition(this.snapshot.configuration.length, block)
  }

  #damaged(block: number): Error {
    return corrupt(this.#path, this.#name, this.#positionOf(block), `block ${block} is damaged`)
  }
}
