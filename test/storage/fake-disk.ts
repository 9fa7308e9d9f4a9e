/**
 * A disk that may lose everything a real one may: after a power failure each sector that was not
 * synced holds any of the values it has had since, or a mixture of two; names that were not synced
 * are there or not. A process that is killed loses nothing that was written, synced or not. Every
 * operation passes one or more steps, at each of which a test may end the world or make it fail.
 */
import { Random } from '../../src/base/random.ts'
import {
  type AsideFile,
  type Disk,
  type DiskFile,
  type ReadFile,
  temporarySuffix,
} from '../../src/ports/index.ts'
import {
  concat,
  copyNames,
  type FakeFile,
  flush,
  grow,
  type Names,
  newFile,
  put,
  survivors,
} from './fake-file.ts'

/** Thrown at the step where the world ends. */
export class WorldEnd extends Error {}

/** True where the world ends while `action` runs, also if the code under test wrapped the error. */
export function endsIn(action: () => void): boolean {
  try {
    action()
    return false
  } catch (error) {
    if (error instanceof WorldEnd) return true
    if (error instanceof Error && error.cause instanceof WorldEnd) return true
    throw error
  }
}

/** What a step is about to do. */
export interface Step {
  readonly number: number
  readonly what: 'write' | 'sync' | 'create' | 'rename' | 'sync names' | 'read' | 'remove'
  readonly name: string
}

/** Called before each step: does nothing, throws {@link WorldEnd}, or throws the disk's error. */
export type Fate = (step: Step) => void

export class FakeDisk implements Disk {
  readonly path = '/fake'
  fate: Fate = () => {}
  /** Draws what a failed operation leaves. */
  readonly random: Random
  steps = 0
  #visible: Names
  #durable: Names
  #waiting: (() => void)[] = []

  constructor(random: Random = new Random(0), visible: Names = new Map(), durable = visible) {
    this.random = random
    this.#visible = new Map(visible)
    this.#durable = new Map(durable)
  }

  /** `Clock.soon`. */
  readonly soon = (callback: () => void): void => {
    this.#waiting.push(callback)
  }

  /** Lets everything that is under way end, in an order that `random` chooses. */
  run(): void {
    while (this.#waiting.length > 0) {
      const at = this.random.integer(0, this.#waiting.length - 1)
      this.#waiting.splice(at, 1)[0]?.()
    }
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0
  }

  list(): string[] {
    this.#step('sync names', '.')
    this.#durable = new Map(this.#visible)
    return [...this.#visible.keys()]
  }

  read(name: string): Uint8Array {
    this.#step('read', name)
    return this.#file(name).cached.slice()
  }

  open(name: string): DiskFile {
    const file = this.#file(name)
    let isOpen = true
    const start = (
      bytes: readonly Uint8Array[],
      position: number,
      isDurable: boolean,
      done: (error: Error | null) => void,
    ): void => {
      if (!isOpen) throw new Error(`${name} is written to after it was closed`)
      const copy = concat(bytes)
      this.#later(done, () => {
        this.#step('write', name, () => this.#writePart(file, copy, position))
        put(file, copy, position)
        if (isDurable) this.#sync(name, file)
      })
    }
    return {
      writeDurably: (bytes, position, done) => start(bytes, position, true, done),
      write: (bytes, position, done) => start(bytes, position, false, done),
      close: () => {
        if (!isOpen) throw new Error(`${name} is closed twice`)
        isOpen = false
      },
    }
  }

  create(name: string, head: Uint8Array, size: number): void {
    const content = new Uint8Array(size)
    content.set(head)
    const aside = name + temporarySuffix
    const file = newFile(new Uint8Array(size))
    this.#step('create', aside)
    this.#visible.set(aside, file)
    const drop = (): void => {
      this.#visible.delete(aside)
    }
    put(file, content, 0)
    this.#step('sync', aside, drop)
    flush(file)
    this.#step('rename', name, drop)
    this.#visible.delete(aside)
    this.#visible.set(name, file)
    this.#step('sync names', name)
    this.#durable = new Map(this.#visible)
  }

  createLater(
    name: string,
    head: Uint8Array,
    size: number,
    done: (error: Error | null, file: DiskFile | null) => void,
  ): void {
    const copy = head.slice()
    this.#later(
      (error) => done(error, error === null ? this.open(name) : null),
      () => this.create(name, copy, size),
    )
  }

  overwrite(name: string, bytes: Uint8Array, position: number): void {
    const file = this.#file(name)
    this.#step('write', name, () => this.#writePart(file, bytes, position))
    put(file, bytes, position)
    this.#sync(name, file)
  }

  remove(name: string): void {
    this.#file(name)
    this.#step('remove', name)
    this.#visible.delete(name)
    this.#step('sync names', name)
    this.#durable = new Map(this.#visible)
  }

  removeLater(name: string, done: (error: Error | null) => void): void {
    this.#later(done, () => this.remove(name))
  }

  createAside(aside: string): AsideFile {
    this.#step('create', aside)
    const file = newFile(new Uint8Array(0))
    this.#visible.set(aside, file)
    let isPublished = false
    return {
      write: (bytes, position, done) => {
        const copy = concat(bytes)
        this.#later(done, () => {
          grow(file, position + copy.length)
          this.#step('write', aside, () => this.#writePart(file, copy, position))
          put(file, copy, position)
        })
      },
      read: (position, length) => file.cached.slice(position, position + length),
      sync: (done) => this.#later(done, () => this.#sync(aside, file)),
      publish: (name, done) => {
        isPublished = true
        this.#later(done, () => {
          this.#step('rename', name)
          this.#visible.delete(aside)
          this.#visible.set(name, file)
          this.#step('sync names', name)
          this.#durable = new Map(this.#visible)
        })
      },
      close: () => {
        if (!isPublished && this.#visible.get(aside) === file) this.#visible.delete(aside)
      },
    }
  }

  openToRead(name: string): ReadFile {
    this.#step('read', name)
    const file = this.#file(name)
    const readNow = (position: number, length: number): Uint8Array => {
      if (position + length > file.cached.length) throw new Error('the file ends early')
      return file.cached.slice(position, position + length)
    }
    return {
      size: file.cached.length,
      readNow,
      read: (position, length, done) => this.soon(() => done(null, readNow(position, length))),
      close: () => {},
    }
  }

  /** The disk as another process finds it when this one was killed. */
  afterKill(): FakeDisk {
    return new FakeDisk(this.random.fork('kill'), ...copyNames(this.#visible, this.#durable))
  }

  /** The disk after a power failure: `random` chooses what of the unsynced is there. */
  afterPowerLoss(random: Random): FakeDisk {
    const files: Names = new Map()
    for (const name of new Set([...this.#visible.keys(), ...this.#durable.keys()])) {
      const chosen = random.chance(0.5) ? this.#visible.get(name) : this.#durable.get(name)
      if (chosen !== undefined) files.set(name, newFile(survivors(chosen, random)))
    }
    return new FakeDisk(random.fork('after'), files)
  }

  /** Every file as reads see it. */
  contents(): Map<string, Uint8Array> {
    return new Map([...this.#visible].map(([name, file]) => [name, file.cached.slice()]))
  }

  #file(name: string): FakeFile {
    const file = this.#visible.get(name)
    if (file === undefined) throw systemError('ENOENT')
    return file
  }

  /** Passes a step; `broken` is what happens to the disk where it fails. */
  #step(what: Step['what'], name: string, broken: () => void = () => {}): void {
    try {
      this.fate({ number: this.steps++, what, name })
    } catch (error) {
      if (!(error instanceof WorldEnd)) broken()
      throw error
    }
  }

  #sync(name: string, file: FakeFile): void {
    // After a failed sync some of it is durable, all of it is called clean, and reads still show
    // it.
    this.#step('sync', name, () => {
      const durable = survivors(file, this.random)
      file.durable.set(durable)
      file.unsynced.clear()
    })
    flush(file)
  }

  #writePart(file: FakeFile, bytes: Uint8Array, position: number): void {
    put(file, bytes.subarray(0, this.random.integer(0, bytes.length)), position)
  }

  #later(done: (error: Error | null) => void, work: () => void): void {
    this.soon(() => {
      let failure: Error | null = null
      try {
        work()
      } catch (error) {
        if (error instanceof WorldEnd) throw error
        failure = error as Error
      }
      this.soon(() => done(failure))
    })
  }
}

/** A disk with these files, all durable. */
export function diskWith(files: ReadonlyMap<string, Uint8Array>): FakeDisk {
  const names: Names = new Map()
  for (const [name, bytes] of files) names.set(name, newFile(bytes.slice()))
  return new FakeDisk(new Random(0), names)
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as the test wants it`), { code })
}
