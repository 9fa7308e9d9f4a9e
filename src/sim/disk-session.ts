/**
 * A simulated disk as one process sees it: the `Disk` port. Its calls back come only while the
 * process lives; what the process had under way when it ends, the disk does in part.
 */
import { assert } from '../base/assert.ts'
import {
  type AsideFile,
  type Disk,
  type DiskFile,
  type ReadFile,
  temporarySuffix,
} from '../ports/index.ts'
import { SimAsideFile, SimReadFile } from './aside-files.ts'
import { SectorFile, sectorBytes } from './sectors.ts'
import { ProcessEnded, type Schedule, type SimDisk } from './sim-disk.ts'

type Done = (error: Error | null) => void

export class DiskSession implements Disk {
  readonly path: string
  readonly #disk: SimDisk
  readonly #schedule: Schedule

  constructor(disk: SimDisk, schedule: Schedule) {
    this.path = disk.path
    this.#disk = disk
    this.#schedule = schedule
  }

  list(): string[] {
    return [...this.#disk.files.keys()]
  }

  read(name: string): Uint8Array {
    if (this.#disk.isUnreadable) throw this.#disk.error('EIO', `reading ${name}`)
    return this.#file(name).read()
  }

  open(name: string): DiskFile {
    return new OpenFile(this.#disk, this.#file(name), this.#schedule)
  }

  create(name: string, head: Uint8Array, size: number): void {
    const disk = this.#disk
    if (this.#lacks(name, size)) throw disk.error('ENOSPC', `making ${name}`)
    this.#live(() => createPartly(disk, name, head, size))
    disk.files.set(name, new SectorFile(withZeros(head, size)))
  }

  createLater(
    name: string,
    head: Uint8Array,
    size: number,
    done: (error: Error | null, file: DiskFile | null) => void,
  ): void {
    const disk = this.#disk
    const finish = (): void => {
      if (this.#lacks(name, size)) {
        done(disk.error('ENOSPC', `making ${name}`), null)
      } else if (disk.takeFailure()) {
        createPartly(disk, name, head, size)
        done(disk.error('EIO', `making ${name}`), null)
      } else {
        const file = new SectorFile(withZeros(head, size))
        disk.files.set(name, file)
        done(null, new OpenFile(disk, file, this.#schedule))
      }
    }
    const abandon = (): void => createPartly(disk, name, head, size)
    disk.begin({ schedule: this.#schedule, finish, abandon }, 2 * disk.syncMs())
  }

  overwrite(name: string, bytes: Uint8Array, position: number): void {
    const file = this.#file(name)
    if (this.#disk.takeFailure()) throw this.#disk.error('EIO', `writing ${name}`)
    this.#live(() => writePartly(this.#disk, file, [bytes], position))
    if (this.#disk.isLying) file.write(bytes, position)
    else file.writeThrough(bytes, position)
  }

  remove(name: string): void {
    const { files, random } = this.#disk
    this.#file(name)
    this.#live(() => {
      if (random.chance(0.5)) files.delete(name)
    })
    files.delete(name)
  }

  removeLater(name: string, done: Done): void {
    const disk = this.#disk
    const finish = (): void => {
      if (disk.takeFailure()) {
        done(disk.error('EIO', `removing ${name}`))
        return
      }
      disk.files.delete(name)
      done(null)
    }
    const abandon = (): void => {
      if (disk.random.chance(0.5)) disk.files.delete(name)
    }
    disk.begin({ schedule: this.#schedule, finish, abandon }, disk.syncMs())
  }

  createAside(aside: string): AsideFile {
    return new SimAsideFile(this.#disk, this.#schedule, aside)
  }

  openToRead(name: string): ReadFile {
    return new SimReadFile(this.#disk, this.#schedule, this.#file(name))
  }

  /** A file of this size has no room, in the place of the one of this name. */
  #lacks(name: string, size: number): boolean {
    return this.#disk.lacks(size - (this.#disk.files.get(name)?.size ?? 0))
  }

  #file(name: string): SectorFile {
    const file = this.#disk.files.get(name)
    if (file === undefined) throw new Error(`there is no file ${name}`)
    return file
  }

  /** The process may end in the middle of a synchronous call, which then is done `partly`. */
  #live(partly: () => void): void {
    this.#disk.operationsToLive -= 1
    if (this.#disk.operationsToLive > 0) return
    partly()
    throw new ProcessEnded('the process has ended in the middle of opening its disk')
  }
}

class OpenFile implements DiskFile {
  readonly #disk: SimDisk
  readonly #file: SectorFile
  readonly #schedule: Schedule
  #isClosed = false

  constructor(disk: SimDisk, file: SectorFile, schedule: Schedule) {
    this.#disk = disk
    this.#file = file
    this.#schedule = schedule
  }

  writeDurably(bytes: readonly Uint8Array[], position: number, done: Done): void {
    assert(!this.#isClosed, 'a file that was closed is not written to')
    const disk = this.#disk
    const file = this.#file
    const finish = (): void => {
      const lacksRoom = lacksRoomFor(disk, bytes)
      if (lacksRoom || disk.takeFailure()) {
        writePartly(disk, file, bytes, position)
        file.syncFails(position, lengthOf(bytes))
        done(disk.error(lacksRoom ? 'ENOSPC' : 'EIO', 'writing durably'))
        return
      }
      let at = position
      for (const piece of bytes) {
        if (disk.isLying) file.write(piece, at)
        else file.writeThrough(piece, at)
        at += piece.length
      }
      done(null)
    }
    const abandon = (): void => writePartly(disk, file, bytes, position)
    disk.begin({ schedule: this.#schedule, finish, abandon }, disk.syncMs())
  }

  write(bytes: readonly Uint8Array[], position: number, done: Done): void {
    assert(!this.#isClosed, 'a file that was closed is not written to')
    const disk = this.#disk
    const file = this.#file
    const finish = (): void => {
      const lacksRoom = lacksRoomFor(disk, bytes)
      if (lacksRoom || disk.takeFailure()) {
        writePartly(disk, file, bytes, position)
        done(disk.error(lacksRoom ? 'ENOSPC' : 'EIO', 'writing'))
        return
      }
      let at = position
      for (const piece of bytes) {
        file.write(piece, at)
        at += piece.length
      }
      done(null)
    }
    const abandon = (): void => writePartly(disk, file, bytes, position)
    disk.begin({ schedule: this.#schedule, finish, abandon }, disk.writeMs())
  }

  close(): void {
    this.#isClosed = true
  }
}

function lacksRoomFor(disk: SimDisk, bytes: readonly Uint8Array[]): boolean {
  return disk.copiesOnWrite && disk.lacks(lengthOf(bytes))
}

/** Some sectors of it, in the system's memory; on the disk, that is for the crash to say. */
function writePartly(
  disk: SimDisk,
  file: SectorFile,
  bytes: readonly Uint8Array[],
  position: number,
): void {
  const share = disk.random.float()
  let at = position
  for (const piece of bytes) {
    for (let from = 0; from < piece.length; from += sectorBytes) {
      if (disk.random.chance(share)) file.write(piece.subarray(from, from + sectorBytes), at + from)
    }
    at += piece.length
  }
}

/** Written aside, renamed or not, or nothing at all. */
function createPartly(disk: SimDisk, name: string, head: Uint8Array, size: number): void {
  const { files, random } = disk
  const stage = random.integer(0, 3)
  if (stage === 0) return
  const whole = withZeros(head, size)
  if (stage === 3) {
    files.set(name, new SectorFile(whole))
    return
  }
  const written = random.integer(0, size)
  files.set(name + temporarySuffix, new SectorFile(stage === 1 ? whole.slice(0, written) : whole))
}

function withZeros(head: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  bytes.set(head)
  return bytes
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  let length = 0
  for (const piece of pieces) length += piece.length
  return length
}
