/**
 * One simulated file: what a process reads, and what of it is really on the disk. A sector that was
 * written but not synced keeps every content that the disk may hold for it; a crash chooses one.
 */
import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'

/** What a disk writes at once, if it writes it at all. */
export const sectorBytes = 512

/** What a power failure does to sectors that were not synced. */
export interface Loss {
  /** That a sector holds what was written last. */
  readonly keepChance: number
  /** That a sector which does not is torn: the beginning of one content, the rest of another. */
  readonly tearChance: number
}

export class SectorFile {
  /** What a process reads. */
  #bytes: Uint8Array
  /** By sector, where it is not synced: what the disk may hold beside the present content. */
  readonly #older = new Map<number, Uint8Array[]>()
  /**
   * Sectors whose sync has failed: the system takes them for written, and no later sync does it.
   */
  readonly #forgotten = new Set<number>()

  /** Durable from the start. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get size(): number {
    return this.#bytes.length
  }

  read(): Uint8Array {
    return this.#bytes.slice()
  }

  /** Becomes longer, with zeros that no disk has yet. */
  grow(size: number): void {
    if (size <= this.#bytes.length) return
    const bytes = new Uint8Array(size)
    bytes.set(this.#bytes)
    const before = this.#bytes.length
    this.#bytes = bytes
    for (let sector = first(before); sector <= last(0, size); sector++) {
      if (this.#older.has(sector) || sector * sectorBytes < before) continue
      const at = sector * sectorBytes
      this.#older.set(sector, [bytes.slice(at, at + sectorBytes)])
    }
  }

  /** Changes what a process reads. Files have their size from the start. */
  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return
    assert(position + bytes.length <= this.#bytes.length, 'a write stays inside its file')
    for (let sector = first(position); sector <= last(position, bytes.length); sector++) {
      this.#forgotten.delete(sector)
      const at = sector * sectorBytes
      const content = this.#bytes.slice(at, at + sectorBytes)
      const older = this.#older.get(sector)
      if (older === undefined) this.#older.set(sector, [content])
      else older.push(content)
    }
    this.#bytes.set(bytes, position)
  }

  /** What a process reads here is on the disk, unless the system has forgotten to write it. */
  sync(position: number, length: number): void {
    if (this.#older.size === 0) return
    for (let sector = first(position); sector <= last(position, length); sector++) {
      if (!this.#forgotten.has(sector)) this.#older.delete(sector)
    }
  }

  /** As {@link write} and {@link sync} at once. */
  writeThrough(bytes: Uint8Array, position: number): void {
    assert(position + bytes.length <= this.#bytes.length, 'a write stays inside its file')
    this.#bytes.set(bytes, position)
    if (this.#older.size === 0) return
    for (let sector = first(position); sector <= last(position, bytes.length); sector++) {
      this.#forgotten.delete(sector)
      this.#older.delete(sector)
    }
  }

  /** The sync of this has failed. */
  syncFails(position: number, length: number): void {
    for (let sector = first(position); sector <= last(position, length); sector++) {
      if (this.#older.has(sector)) this.#forgotten.add(sector)
    }
  }

  /** Sectors of this range that may be other on the disk than a process reads them. */
  unsyncedIn(position: number, length: number): number {
    if (this.#older.size === 0) return 0
    let count = 0
    for (let sector = first(position); sector <= last(position, length); sector++) {
      if (this.#older.has(sector)) count += 1
    }
    return count
  }

  /** The power fails: each unsynced sector becomes any of what it may be. Counts what was lost. */
  losePower(random: Random, loss: Loss): { lost: number; torn: number } {
    let lost = 0
    let torn = 0
    for (const [sector, older] of this.#older) {
      if (random.chance(loss.keepChance)) continue
      lost += 1
      const at = sector * sectorBytes
      const place = random.integer(0, older.length - 1)
      const newer = older[place + 1] ?? this.#bytes.slice(at, at + sectorBytes)
      this.#bytes.set(older[place] as Uint8Array, at)
      if (random.chance(loss.tearChance)) {
        torn += 1
        this.#bytes.set(newer.subarray(0, random.integer(1, Math.max(1, newer.length - 1))), at)
      }
    }
    this.#older.clear()
    this.#forgotten.clear()
    return { lost, torn }
  }

  /** Another value for one bit, on the disk. */
  flipBit(position: number, bit: number): void {
    this.#bytes[position] = (this.#bytes[position] as number) ^ (1 << bit)
    const at = position % sectorBytes
    for (const content of this.#older.get(first(position)) ?? []) {
      content[at] = (content[at] as number) ^ (1 << bit)
    }
  }
}

function first(position: number): number {
  return Math.floor(position / sectorBytes)
}

function last(position: number, length: number): number {
  return Math.floor((position + length - 1) / sectorBytes)
}
