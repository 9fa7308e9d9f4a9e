/**
 * Reads the chunks of snapshots that are sent, and stores those that are received (§5.1), as the
 * core asks. A chunk is stored only where its checksum says that it continues what stands aside.
 */
import type { SnapshotReader, SnapshotStore, SnapshotWriter } from '../ports/index.ts'
import {
  type ChunkEffect,
  type Input,
  isSameSnapshot,
  type ServerId,
  type Snapshot,
} from '../raft/index.ts'

type ReadChunk = Extract<ChunkEffect, { kind: 'readChunk' }>
type StoreChunk = Extract<ChunkEffect, { kind: 'storeChunk' }>

interface Receiving {
  readonly snapshot: Snapshot
  readonly writer: SnapshotWriter
}

export class SnapshotChunks {
  readonly #store: SnapshotStore
  readonly #step: (input: Input) => void
  /** Our own snapshot cannot be read. */
  readonly #failed: (error: Error) => void
  /** By follower: what it is being sent, which stays readable when a later one is taken. */
  readonly #readers = new Map<ServerId, SnapshotReader>()
  #receiving: Receiving | null = null
  #isClosed = false

  constructor(store: SnapshotStore, step: (input: Input) => void, failed: (error: Error) => void) {
    this.#store = store
    this.#step = step
    this.#failed = failed
  }

  perform(effect: ChunkEffect): void {
    switch (effect.kind) {
      case 'readChunk':
        this.#read(effect)
        break
      case 'storeChunk':
        this.#storeChunk(effect)
        break
      case 'discardChunks':
        this.#receiving?.writer.abandon()
        this.#receiving = null
        break
    }
  }

  /** The content of what was received, which the core has put in force. */
  takeReceived(): Iterable<Uint8Array> {
    const received = this.#receiving
    if (received === null) throw new Error('there is no received snapshot')
    this.#receiving = null
    return received.writer.read()
  }

  close(): void {
    this.#isClosed = true
    for (const reader of this.#readers.values()) reader.close()
    this.#readers.clear()
    this.#receiving = null
  }

  #read({ peer, snapshot, offset, bytesMax }: ReadChunk): void {
    const reader = this.#readerOf(peer, snapshot)
    const said = { kind: 'chunkRead', peer, snapshot, offset } as const
    if (reader === null) {
      this.#step({ ...said, data: null, checksum: 0 })
      return
    }
    reader.read(offset, bytesMax, (error, chunk) => {
      if (this.#isClosed) return
      if (chunk === null) {
        this.#failed(error ?? new Error('a chunk could not be read'))
        return
      }
      const { data, checksum } = chunk
      // After the last one it is not kept open: it may hold the space of what is removed by now.
      if (offset + data.length === snapshot.size) this.#forget(peer)
      this.#step({ ...said, data, checksum })
    })
  }

  #readerOf(peer: ServerId, snapshot: Snapshot): SnapshotReader | null {
    const open = this.#readers.get(peer)
    if (open !== undefined && isSameSnapshot(open.snapshot, snapshot)) return open
    this.#forget(peer)
    const { latest } = this.#store
    if (latest === null || !isSameSnapshot(latest, snapshot)) return null
    const reader = this.#store.open()
    this.#readers.set(peer, reader)
    return reader
  }

  #forget(peer: ServerId): void {
    this.#readers.get(peer)?.close()
    this.#readers.delete(peer)
  }

  #storeChunk({ snapshot, offset, data, checksum }: StoreChunk): void {
    if (offset === 0) this.#begin(snapshot)
    const receiving = this.#receiving
    const stored = (bytesStored: number, isWhole: boolean): void => {
      if (!this.#isClosed) this.#step({ kind: 'chunkStored', snapshot, bytesStored, isWhole })
    }
    if (receiving === null || !isSameSnapshot(receiving.snapshot, snapshot)) {
      stored(0, false)
      return
    }
    const { writer } = receiving
    if (writer.size !== offset || writer.checksumWith(data) !== checksum) {
      stored(writer.size, false)
      return
    }
    writer.append(data, (error) => {
      if (error !== null) this.#startAgain(receiving, stored)
      else if (writer.size < snapshot.size) stored(writer.size, false)
      else this.#finish(receiving, stored)
    })
  }

  #begin(snapshot: Snapshot): void {
    this.#receiving?.writer.abandon()
    this.#receiving = null
    try {
      this.#receiving = { snapshot, writer: this.#store.begin('received', snapshot) }
    } catch {
      // The disk is full: it is told that nothing is stored, and asked again.
    }
  }

  #finish(receiving: Receiving, stored: (bytesStored: number, isWhole: boolean) => void): void {
    const { writer, snapshot } = receiving
    if (writer.checksum !== snapshot.checksum) {
      this.#startAgain(receiving, stored)
      return
    }
    writer.finish((error) => {
      if (error !== null) this.#startAgain(receiving, stored)
      else stored(writer.size, true)
    })
  }

  #startAgain(receiving: Receiving, stored: (bytesStored: number, isWhole: boolean) => void): void {
    receiving.writer.abandon()
    if (this.#receiving === receiving) this.#receiving = null
    stored(0, false)
  }
}
