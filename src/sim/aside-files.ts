/**
 * Files of a simulated disk that are written aside and published, and such as are read: what
 * snapshots need. Content that was not synced is lost by a power failure whatever its name is.
 */
import { assert } from '../base/assert.ts'
import type { AsideFile, ReadFile } from '../ports/index.ts'
import { SectorFile, sectorBytes } from './sectors.ts'
import type { Schedule, SimDisk } from './sim-disk.ts'

type Done = (error: Error | null) => void

export class SimAsideFile implements AsideFile {
  readonly #disk: SimDisk
  readonly #schedule: Schedule
  readonly #aside: string
  readonly #file: SectorFile = new SectorFile(new Uint8Array(0))
  #isPublished = false

  constructor(disk: SimDisk, schedule: Schedule, aside: string) {
    if (disk.lacks(1)) throw disk.error('ENOSPC', `making ${aside}`)
    this.#disk = disk
    this.#schedule = schedule
    this.#aside = aside
    disk.files.set(aside, this.#file)
  }

  write(bytes: readonly Uint8Array[], position: number, done: Done): void {
    const disk = this.#disk
    const put = (share: number): void => {
      let at = position
      for (const piece of bytes) {
        this.#file.grow(at + piece.length)
        for (let from = 0; from < piece.length; from += sectorBytes) {
          if (share < 1 && !disk.random.chance(share)) continue
          this.#file.write(piece.subarray(from, from + sectorBytes), at + from)
        }
        at += piece.length
      }
    }
    const end = position + bytes.reduce((sum, { length }) => sum + length, 0)
    const finish = (): void => {
      const lacksRoom = disk.lacks(end - this.#file.size)
      const isBroken = lacksRoom || disk.takeFailure()
      put(isBroken ? disk.random.float() : 1)
      done(isBroken ? disk.error(lacksRoom ? 'ENOSPC' : 'EIO', 'writing aside') : null)
    }
    const abandon = (): void => put(disk.random.float())
    disk.begin({ schedule: this.#schedule, finish, abandon }, disk.writeMs())
  }

  read(position: number, length: number): Uint8Array {
    if (this.#disk.isUnreadable) throw this.#disk.error('EIO', `reading ${this.#aside}`)
    return readAt(this.#file, position, length)
  }

  sync(done: Done): void {
    const disk = this.#disk
    const { size } = this.#file
    const finish = (): void => {
      if (disk.takeFailure()) {
        this.#file.syncFails(0, size)
        done(disk.error('EIO', 'syncing a file aside'))
        return
      }
      if (!disk.isLying) this.#file.sync(0, size)
      done(null)
    }
    const abandon = (): void => {
      if (disk.random.chance(0.5)) this.#file.sync(0, size)
    }
    disk.begin({ schedule: this.#schedule, finish, abandon }, disk.syncMs())
  }

  publish(name: string, done: Done): void {
    const disk = this.#disk
    const rename = (): void => {
      disk.files.delete(this.#aside)
      disk.files.set(name, this.#file)
    }
    const finish = (): void => {
      const isBroken = disk.takeFailure()
      if (!isBroken || disk.random.chance(0.5)) rename()
      this.#isPublished = true
      done(isBroken ? disk.error('EIO', `publishing ${name}`) : null)
    }
    const abandon = (): void => {
      if (disk.random.chance(0.5)) rename()
    }
    disk.begin({ schedule: this.#schedule, finish, abandon }, disk.syncMs())
  }

  close(): void {
    const { files } = this.#disk
    if (!this.#isPublished && files.get(this.#aside) === this.#file) files.delete(this.#aside)
  }
}

export class SimReadFile implements ReadFile {
  readonly size: number
  readonly #disk: SimDisk
  readonly #schedule: Schedule
  readonly #file: SectorFile
  #isClosed = false

  constructor(disk: SimDisk, schedule: Schedule, file: SectorFile) {
    if (disk.isUnreadable) throw disk.error('EIO', 'opening a file to read')
    this.#disk = disk
    this.#schedule = schedule
    this.#file = file
    this.size = file.size
  }

  readNow(position: number, length: number): Uint8Array {
    if (this.#disk.isUnreadable) throw this.#disk.error('EIO', 'reading')
    return readAt(this.#file, position, length)
  }

  read(
    position: number,
    length: number,
    done: (error: Error | null, bytes: Uint8Array | null) => void,
  ): void {
    assert(!this.#isClosed, 'a file that was closed is not read')
    const disk = this.#disk
    const finish = (): void => {
      if (disk.isUnreadable) done(disk.error('EIO', 'reading'), null)
      else done(null, readAt(this.#file, position, length))
    }
    disk.begin({ schedule: this.#schedule, finish, abandon: () => {} }, disk.writeMs())
  }

  close(): void {
    this.#isClosed = true
  }
}

function readAt(file: SectorFile, position: number, length: number): Uint8Array {
  if (position + length > file.size) throw new Error('the file ends early')
  return file.read().slice(position, position + length)
}
