/**
 * One simulated connection: its two ends, what is on its way between them, and the streets that it
 * goes along, one each way, where things can be held up.
 */
import type { Connection, ConnectionHandlers } from '../ports/index.ts'
import type { Milliseconds } from '../raft/index.ts'

/** A process in which connections end. */
export interface SimProcess {
  /** Its machine's name, for what is between machines. */
  readonly host: string
  readonly isGone: boolean
  /** Has `callback` called in a turn of the process at that time, unless it is gone by then. */
  at(time: Milliseconds, callback: () => void): void
}

/** The way from one host to another: while it is blocked, things wait there, in order. */
export class Street {
  blocks = 0
  #waiting: (() => void)[] = []

  pass(action: () => void): void {
    if (this.blocks > 0) this.#waiting.push(action)
    else action()
  }

  unblock(): void {
    this.blocks -= 1
    if (this.blocks > 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const action of waiting) action()
  }
}

export interface LineParts {
  readonly now: () => Milliseconds
  readonly delayMs: () => Milliseconds
  readonly bufferBytesMax: number
  /** Asked at each frame; where it does, this frame is lost. */
  readonly breaks: () => boolean
  /** Something has come to the other end's machine for a process that is gone. */
  readonly cameTooLate: (sender: LineEnd) => void
  /** An end is over. */
  readonly over: () => void
}

export class Line {
  readonly toListening: Street
  readonly toDialled: Street
  readonly parts: LineParts
  dialled!: LineEnd
  listening!: LineEnd
  isBroken = false
  /** What was on its way when it broke is lost as well. */
  losesAll = false

  constructor(toListening: Street, toDialled: Street, parts: LineParts) {
    this.toListening = toListening
    this.toDialled = toDialled
    this.parts = parts
  }

  /** The end in that process that is not over; null where there is none. */
  endOf(process: SimProcess): LineEnd | null {
    for (const end of [this.dialled, this.listening]) {
      if (end.process === process && !end.isOver) return end
    }
    return null
  }
}

export class LineEnd implements Connection {
  readonly remote: string
  readonly line: Line
  process: SimProcess
  /** Null at the far end, until it has taken the connection. */
  handlers: ConnectionHandlers | null
  /** No frame is handed over here any more. */
  isOver = false
  /** `closed` is on its way, or was called. */
  #hasLearned = false
  #isOpen = false
  /** Sent before the connection was there. */
  #early: (() => void)[] = []
  #bytesOnTheirWay = 0
  /** When what was sent last arrives: nothing overtakes it. */
  #lastArrival: Milliseconds = 0

  constructor(
    line: Line,
    process: SimProcess,
    remote: string,
    handlers: ConnectionHandlers | null,
  ) {
    this.line = line
    this.process = process
    this.remote = remote
    this.handlers = handlers
  }

  get other(): LineEnd {
    const { dialled, listening } = this.line
    return this === dialled ? listening : dialled
  }

  send(frame: Uint8Array): boolean {
    const { bufferBytesMax } = this.line.parts
    if (this.isOver || this.#bytesOnTheirWay + frame.length > bufferBytesMax) return false
    this.#bytesOnTheirWay += frame.length
    this.#dispatch(() => this.#send(frame))
    return true
  }

  close(): void {
    if (this.isOver) return
    this.#dispatch(() => this.#travel(() => this.other.hear()))
    this.learn(null, 0)
    this.#end()
  }

  /** It is there: what was sent too early goes now. */
  flush(): void {
    this.#isOpen = true
    for (const action of this.#early.splice(0)) action()
  }

  /** It is over, as this process hears after a while. */
  learn(error: Error | null, delayMs: Milliseconds): void {
    if (this.#hasLearned || this.process.isGone) return
    this.#hasLearned = true
    this.process.at(this.line.parts.now() + delayMs, () => {
      this.#end()
      this.handlers?.closed(error)
    })
  }

  /** Its process is gone. */
  vanish(): void {
    this.#hasLearned = true
    this.#end()
  }

  /** The other end has closed it. */
  hear(): void {
    if (!this.isOver) this.learn(null, 0)
  }

  #dispatch(action: () => void): void {
    if (this.#isOpen) action()
    else this.#early.push(action)
  }

  #send(frame: Uint8Array): void {
    const { line } = this
    // Nothing says that nobody takes it any more.
    if (line.isBroken || line.parts.breaks()) return
    this.#travel(() => {
      this.#bytesOnTheirWay -= frame.length
      if (!this.other.isOver) this.other.handlers?.frame(frame)
    })
  }

  /** Takes something to the other end, behind whatever is on its way there. */
  #travel(arrive: () => void): void {
    const { line, other } = this
    const street = this === line.dialled ? line.toListening : line.toDialled
    street.pass(() => {
      if (other.process.isGone) {
        line.parts.cameTooLate(this)
        return
      }
      const { now, delayMs } = line.parts
      this.#lastArrival = Math.max(this.#lastArrival, now() + delayMs())
      other.process.at(this.#lastArrival, () => {
        if (!line.isBroken || !line.losesAll) arrive()
      })
    })
  }

  #end(): void {
    if (this.isOver) return
    this.isOver = true
    this.line.parts.over()
  }
}
