/**
 * A file that holds nothing but room: it is given up when the disk is full and something must be
 * written all the same, and made again when there is space. Its zeros are written, not left out, so
 * that the room is really there (save on file systems that compress, or copy on every write).
 */
import { assert } from '../base/assert.ts'
import { noBytes } from '../base/bytes.ts'
import type { Disk } from '../ports/index.ts'
import { isFull } from './errors.ts'

export const reserveName = 'reserve'

/**
 * Two segments by default: one for terms, votes and what is on its way when the disk is found full,
 * and as much again for a snapshot, which lets a part of the log go. Where the state is larger, so
 * should the reserve be.
 */
export const defaultReserveSegments = 2

export class Reserve {
  readonly #disk: Disk
  readonly #bytes: number
  #state: 'there' | 'gone' | 'changing'
  /** Who waits for it to be gone. */
  #gone: (() => void)[] = []

  /** `isThere`: what {@link openReserve} says. */
  constructor(disk: Disk, bytes: number, isThere: boolean) {
    this.#disk = disk
    this.#bytes = bytes
    this.#state = isThere ? 'there' : 'gone'
  }

  get isChanging(): boolean {
    return this.#state === 'changing'
  }

  /** Whether there is none though there should be. */
  get isMissing(): boolean {
    return this.#bytes > 0 && this.#state !== 'there'
  }

  /** `gone` is called, later, once there is what it has kept; never where it had been given up. */
  giveUp(gone: () => void): void {
    if (this.#state === 'gone') return
    this.#gone.push(gone)
    if (this.#state === 'changing') return
    this.#state = 'changing'
    this.#disk.removeLater(reserveName, (error) => this.#ended(error === null ? 'gone' : 'there'))
  }

  /** `made` is called later, or at once where none is wanted; false: there is no room for it. */
  make(made: (isThere: boolean) => void): void {
    assert(this.#state !== 'changing', 'a reserve changes in one way at a time')
    if (!this.isMissing) {
      made(true)
      return
    }
    this.#state = 'changing'
    this.#disk.createLater(reserveName, noBytes, this.#bytes, (error, file) => {
      file?.close()
      this.#ended(error === null ? 'there' : 'gone')
      made(error === null)
    })
  }

  #ended(state: 'there' | 'gone'): void {
    this.#state = state
    const waiting = this.#gone
    this.#gone = []
    for (const gone of waiting) gone()
  }
}

/** Sees to it, at a start, that there is one of this size; false where there is no room for it. */
export function openReserve(disk: Disk, names: readonly string[], bytes: number): boolean {
  if (names.includes(reserveName)) {
    if (sizeOf(disk) === bytes) return true
    disk.remove(reserveName)
  }
  if (bytes === 0) return false
  try {
    disk.create(reserveName, noBytes, bytes)
    return true
  } catch (error) {
    if (isFull(error)) return false
    throw error
  }
}

function sizeOf(disk: Disk): number {
  const file = disk.openToRead(reserveName)
  const { size } = file
  file.close()
  return size
}
