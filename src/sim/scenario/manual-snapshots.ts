/**
 * The snapshots of a server in a play. Their pieces are written and read at once; that one of the
 * server's own becomes durable may wait for a command, as a save does. One that was received is put
 * in the log's place by a save.
 */
import { assert } from '../../base/assert.ts'
import type { SnapshotReader, SnapshotStore, SnapshotWriter } from '../../ports/index.ts'
import type { LogIndex, Snapshot, SnapshotPoint } from '../../raft/index.ts'
import { MemorySnapshots } from '../../storage/index.ts'
import type { Tasks } from './tasks.ts'

type Publish = (error: Error | null) => void

export class ManualSnapshots implements SnapshotStore {
  readonly #inner: MemorySnapshots
  readonly #publishing: () => void
  #waiting: Publish | null = null

  /** `publishing`: something wants to be durable, which {@link finish} ends. */
  constructor(tasks: Tasks, publishing: () => void) {
    this.#inner = new MemorySnapshots((callback) => tasks.add(callback))
    this.#publishing = publishing
  }

  get latest(): Snapshot | null {
    return this.#inner.latest
  }

  /** One is written, and is not durable. */
  get isPublishing(): boolean {
    return this.#waiting !== null
  }

  begin(purpose: 'own' | 'received', point: SnapshotPoint): SnapshotWriter {
    const writer = this.#inner.begin(purpose, point)
    if (purpose === 'received') return writer
    return new WaitingWriter(writer, (publish) => {
      this.#waiting = publish
      this.#publishing()
    })
  }

  open(): SnapshotReader {
    return this.#inner.open()
  }

  discardPrefix(index: LogIndex): void {
    this.#inner.discardPrefix(index)
  }

  putInForce(snapshot: Snapshot): void {
    this.#inner.putInForce(snapshot)
  }

  finish(error: Error | null): void {
    const publish = this.#waiting
    assert(publish !== null, 'what becomes durable waited for it')
    this.#waiting = null
    publish(error)
  }

  /** What was not durable is gone. */
  crash(): void {
    this.#waiting = null
  }
}

/** A writer whose last step waits. */
class WaitingWriter implements SnapshotWriter {
  readonly #inner: SnapshotWriter
  readonly #wait: (publish: Publish) => void

  constructor(inner: SnapshotWriter, wait: (publish: Publish) => void) {
    this.#inner = inner
    this.#wait = wait
  }

  get size(): number {
    return this.#inner.size
  }

  get checksum(): number {
    return this.#inner.checksum
  }

  checksumWith(bytes: Uint8Array): number {
    return this.#inner.checksumWith(bytes)
  }

  append(bytes: Uint8Array, done: (error: Error | null) => void): void {
    this.#inner.append(bytes, done)
  }

  finish(done: (error: Error | null) => void): void {
    this.#inner.finish(done)
  }

  read(): Iterable<Uint8Array> {
    return this.#inner.read()
  }

  publish(done: (error: Error | null, snapshot: Snapshot | null) => void): void {
    this.#wait((error) => {
      if (error === null) this.#inner.publish(done)
      else done(error, null)
    })
  }

  abandon(): void {
    this.#inner.abandon()
  }
}
