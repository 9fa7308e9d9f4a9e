/**
 * One server's disk: the files, what is wrong with the disk at present, and what a crash makes of
 * it. A process sees it through a session (disk-session.ts) that ends with the process; the disk
 * stays. What may be wrong with whose disk is not decided here: see atlas.ts.
 */
import type { Random } from '../base/random.ts'
import type { Milliseconds } from '../raft/index.ts'
import type { Loss, SectorFile } from './sectors.ts'

/** What the machine does to a disk when the process ends: see {@link SimDisk.crash}. */
export type CrashKind = 'kill' | 'power'

export interface DiskOptions {
  /** A write that is to be durable takes from this long... */
  readonly syncMinMs: Milliseconds
  /** ...with an exponential tail of this mean above it. */
  readonly syncMeanMs: Milliseconds
  /** A write into the system's memory. */
  readonly writeMs: Milliseconds
  readonly loss: Loss
}

/** The disk, or the system above it, reports an error. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: 'EIO' | 'ENOSPC'

  constructor(code: 'EIO' | 'ENOSPC', doing: string) {
    super(`${code}: simulated, ${doing}`)
    this.code = code
  }
}

/** The process has ended in the middle of a synchronous call; thrown to get out of it. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded'
}

/** Has something happen later to the process that asks, if it still lives. */
export type Schedule = (delayMs: Milliseconds, callback: () => void) => void

/** Something that a process has asked for and the disk has not answered. */
export interface Operation {
  readonly schedule: Schedule
  /** It has taken place, or has failed: answers the process. */
  readonly finish: () => void
  /** The process ends while it is under way: leaves any part of it done. */
  readonly abandon: () => void
}

export class SimDisk {
  readonly path: string
  readonly options: DiskOptions
  readonly random: Random
  readonly files: Map<string, SectorFile> = new Map()
  readonly #underWay = new Set<Operation>()

  // What is wrong with the disk at present.
  /** Every operation takes so many times as long. */
  slowness: number = 1
  /** Nothing is answered until it is over. */
  isHung = false
  /** Writes to come that fail. */
  failuresToCome = 0
  /** Reading fails. */
  isUnreadable = false
  /** Bytes that its files may have together. */
  capacity: number = Number.POSITIVE_INFINITY
  /** A write in the midst of a file takes room as well, as on file systems that copy on write. */
  copiesOnWrite = false
  /** Syncs are reported and not done. */
  isLying = false
  /** Synchronous operations until the process ends in the midst of one; Infinity: never. */
  operationsToLive: number = Number.POSITIVE_INFINITY

  /** Errors that the present process was given. */
  errorsGiven = 0

  /** What was finished while the disk hung. */
  #held: Operation[] = []

  constructor(path: string, options: DiskOptions, random: Random) {
    this.path = path
    this.options = options
    this.random = random
  }

  /** The process has ended in the middle of a synchronous operation. */
  get hasEnded(): boolean {
    return this.operationsToLive <= 0
  }

  /** An error for the process. */
  error(code: 'EIO' | 'ENOSPC', doing: string): DiskError {
    this.errorsGiven += 1
    return new DiskError(code, doing)
  }

  get isFull(): boolean {
    return this.capacity < Number.POSITIVE_INFINITY
  }

  /** There is room for so much more than there is now. */
  fill(roomBytes: number, copiesOnWrite: boolean): void {
    this.capacity = this.#used + roomBytes
    this.copiesOnWrite = copiesOnWrite
  }

  /** There is room for everything. */
  empty(): void {
    this.capacity = Number.POSITIVE_INFINITY
    this.copiesOnWrite = false
  }

  /** Files cannot grow by so much. */
  lacks(bytes: number): boolean {
    return this.isFull && this.#used + bytes > this.capacity
  }

  get #used(): number {
    let bytes = 0
    for (const { size } of this.files.values()) bytes += size
    return bytes
  }

  /** Whether an operation that is about to be finished fails. */
  takeFailure(): boolean {
    if (this.failuresToCome === 0) return false
    this.failuresToCome -= 1
    return true
  }

  /** How long a durable write takes now. */
  syncMs(): Milliseconds {
    const { syncMinMs, syncMeanMs } = this.options
    return (syncMinMs - syncMeanMs * Math.log(1 - this.random.float())) * this.slowness
  }

  /** How long a write into memory takes now. */
  writeMs(): Milliseconds {
    return this.options.writeMs * this.slowness
  }

  /** The time of `operation` is over: it is finished, unless the disk hangs. */
  due(operation: Operation): void {
    if (this.isHung) {
      this.#held.push(operation)
      return
    }
    if (this.#underWay.delete(operation)) operation.finish()
  }

  /** The disk goes on; what was held is finished, one after the other. */
  unhang(): void {
    this.isHung = false
    const held = this.#held
    this.#held = []
    for (const operation of held) operation.schedule(0, () => this.due(operation))
  }

  /** Nothing is wrong with it any more; what it has forgotten stays forgotten. */
  repair(): void {
    this.slowness = 1
    this.failuresToCome = 0
    this.isUnreadable = false
    this.empty()
    this.isLying = false
    this.operationsToLive = Number.POSITIVE_INFINITY
    this.unhang()
  }

  /** Begins an operation that is to take so long. */
  begin(operation: Operation, delayMs: Milliseconds): void {
    this.#underWay.add(operation)
    operation.schedule(delayMs, () => this.due(operation))
  }

  /**
   * The process has ended. What it had under way is done in part or not at all; what it had written
   * and not synced stays in the system's memory when the process was killed, and is lost, any part
   * of it, when the power failed.
   */
  crash(kind: CrashKind): { lost: number; torn: number } {
    for (const operation of this.#underWay) operation.abandon()
    this.#underWay.clear()
    this.#held = []
    this.operationsToLive = Number.POSITIVE_INFINITY
    this.errorsGiven = 0
    const total = { lost: 0, torn: 0 }
    if (kind === 'kill') return total
    for (const file of this.files.values()) {
      const { lost, torn } = file.losePower(this.random, this.options.loss)
      total.lost += lost
      total.torn += torn
    }
    return total
  }

  /** Another value for one bit somewhere among what was written; null where there is nothing. */
  flipBit(): string | null {
    const names = [...this.files].filter(([, { size }]) => size > 0).map(([name]) => name)
    if (names.length === 0) return null
    const name = this.random.pick(names)
    const file = this.files.get(name) as SectorFile
    // Most of a segment is still zeros: half of the time the flip is where something stands.
    const bytes = file.read()
    let end = bytes.length
    while (end > 0 && bytes[end - 1] === 0) end -= 1
    const position = this.random.integer(
      0,
      (this.random.chance(0.5) && end > 0 ? end : bytes.length) - 1,
    )
    const bit = this.random.integer(0, 7)
    file.flipBit(position, bit)
    return `${name} at ${position}, bit ${bit}`
  }

  /** Everything on it is gone. */
  wipe(): void {
    this.files.clear()
  }
}
