/**
 * Snapshots in memory, for examples, tests and servers that may forget everything: the contract of
 * {@link SnapshotStore} without a disk.
 */
import { assert } from '../base/assert.ts'
import { crc32 } from '../base/crc32.ts'
import type { SnapshotReader, SnapshotStore, SnapshotWriter } from '../ports/index.ts'
import {
  isSameSnapshot,
  type LogIndex,
  type Snapshot,
  type SnapshotPoint,
  snapshot,
} from '../raft/index.ts'

interface Held {
  readonly snapshot: Snapshot
  readonly content: Uint8Array
}

export class MemorySnapshots implements SnapshotStore {
  readonly #soon: (callback: () => void) => void
  #held: Held | null = null
  #received: MemoryWriter | null = null

  constructor(soon: (callback: () => void) => void) {
    this.#soon = soon
  }

  get latest(): Snapshot | null {
    return this.#held?.snapshot ?? null
  }

  begin(purpose: 'own' | 'received', point: SnapshotPoint): SnapshotWriter {
    const writer = new MemoryWriter(point, this.#soon, (held) => this.#publish(held))
    if (purpose === 'received') this.#received = writer
    return writer
  }

  open(): SnapshotReader {
    const held = this.#held
    assert(held !== null, 'there is a snapshot to be read')
    const { content } = held
    return {
      snapshot: held.snapshot,
      read: (offset, bytesMax, done) => {
        const end = Math.min(content.length, offset + bytesMax)
        const checksum = crc32(content.subarray(0, end), 0)
        this.#soon(() => done(null, { data: content.slice(offset, end), checksum }))
      },
      readAll: () => [content],
      close: () => {},
    }
  }

  /** The log that it belongs to keeps nothing that a snapshot covers. */
  discardPrefix(index: LogIndex): void {
    assert(index <= (this.latest?.lastIndex ?? 0), 'only what a snapshot covers goes')
  }

  /** What was received takes the place of the log. */
  putInForce(snapshot: Snapshot): void {
    const received = this.#received
    assert(received !== null, 'what is put in force was received')
    assert(isSameSnapshot(received.held.snapshot, snapshot), 'and it is what was asked for')
    this.#publish(received.held)
  }

  #publish(held: Held): void {
    if (held.snapshot.lastIndex > (this.latest?.lastIndex ?? 0)) this.#held = held
  }
}

class MemoryWriter implements SnapshotWriter {
  readonly #point: SnapshotPoint
  readonly #soon: (callback: () => void) => void
  readonly #publish: (held: Held) => void
  readonly #pieces: Uint8Array[] = []
  size = 0
  checksum = 0
  #isAbandoned = false

  constructor(
    point: SnapshotPoint,
    soon: (callback: () => void) => void,
    publish: (held: Held) => void,
  ) {
    this.#point = point
    this.#soon = soon
    this.#publish = publish
  }

  get held(): Held {
    const { lastIndex, lastTerm, configuration } = this.#point
    const content = new Uint8Array(this.size)
    let at = 0
    for (const piece of this.#pieces) {
      content.set(piece, at)
      at += piece.length
    }
    const { size, checksum } = this
    return { snapshot: snapshot(lastIndex, lastTerm, configuration, size, checksum), content }
  }

  checksumWith(bytes: Uint8Array): number {
    return crc32(bytes, this.checksum)
  }

  append(bytes: Uint8Array, done: (error: Error | null) => void): void {
    this.checksum = this.checksumWith(bytes)
    this.size += bytes.length
    this.#pieces.push(bytes.slice())
    this.#later(() => done(null))
  }

  finish(done: (error: Error | null) => void): void {
    this.#later(() => done(null))
  }

  read(): Iterable<Uint8Array> {
    return this.#pieces
  }

  publish(done: (error: Error | null, snapshot: Snapshot | null) => void): void {
    this.#later(() => {
      this.#publish(this.held)
      done(null, this.held.snapshot)
    })
  }

  abandon(): void {
    this.#isAbandoned = true
  }

  #later(callback: () => void): void {
    this.#soon(() => {
      if (!this.#isAbandoned) callback()
    })
  }
}
