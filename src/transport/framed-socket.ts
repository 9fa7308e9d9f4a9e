/**
 * One TCP connection as whole frames, either end of it: reading within limits, writing in batches,
 * and noticing that the other end is gone, stuck or wrong. Who is there and what a frame says is
 * for its owner.
 */
import type { Socket } from 'node:net'
import { nextTick } from 'node:process'
import { ownCopy } from '../base/slab.ts'
import type { Connection } from '../ports/index.ts'
import type { ByteBudget } from './byte-budget.ts'
import { ConnectionWatch, type Finding } from './connection-watch.ts'
import {
  type ControlFrame,
  decodeControlFrame,
  encodeRefusal,
  ping,
  pong,
  type RefusalCode,
} from './control-frame.ts'
import { ConnectionError, type ConnectionErrorCode, systemCode } from './errors.ts'
import { type FrameProblem, FrameReader, frameHeaderBytes } from './frame-reader.ts'
import { Outbox } from './outbox.ts'
import type { Sweeper, Swept } from './sweeper.ts'
import type { ConnectionLimits } from './tcp-options.ts'

/** Whom a connection belongs to. No handler is called from inside a call to the connection. */
export interface FramedSocketOwner {
  /** The other end has taken it; not told of a connection that the other end has made. */
  opened(): void
  frame(bytes: Uint8Array): void
  /** A frame of the transport's own, pings apart; null where it says nothing that we know. */
  control(frame: ControlFrame | null): void
  /** Last of all, once. */
  closed(error: ConnectionError | null): void
}

/** What many connections share. */
export interface SharedByConnections {
  readonly sweeper: Sweeper
  /** For frames that are not whole, and for those that wait to be sent. */
  readonly budget: ByteBudget
}

export class FramedSocket implements Connection, Swept {
  readonly remote: string
  /** Frames that were not taken to be sent. */
  framesNotTaken = 0
  readonly #socket: Socket
  readonly #shared: SharedByConnections
  readonly #owner: FramedSocketOwner
  readonly #reader: FrameReader
  readonly #outbox = new Outbox()
  readonly #watch: ConnectionWatch
  #limits: ConnectionLimits
  #state: 'connecting' | 'open' | 'closing' | 'ended' | 'closed'
  #error: ConnectionError | null = null
  /** Bytes handed to the socket that the operating system has not taken whole. */
  #writingBytes = 0
  /** Bytes of the budget that our outbox and what is being written have. */
  #budgetBytes = 0
  #isFlushDue = false
  #isPongDue = false
  #readBytesThisTurn = 0
  readonly #onFlush = (): void => this.#flush()
  readonly #onWritten = (): void => this.#written()

  constructor(
    socket: Socket,
    remote: string,
    limits: ConnectionLimits,
    shared: SharedByConnections,
    owner: FramedSocketOwner,
  ) {
    this.#socket = socket
    this.remote = remote
    this.#limits = limits
    this.#shared = shared
    this.#owner = owner
    this.#state = socket.connecting ? 'connecting' : 'open'
    this.#watch = new ConnectionWatch(shared.sweeper, this.#state)
    this.#reader = new FrameReader(limits.frameBytesMax, shared.budget, (frame, isControl) =>
      isControl ? this.#takeControl(frame) : owner.frame(frame),
    )
    socket.setNoDelay(true)
    socket.setKeepAlive(true, limits.keepAliveMs)
    if (this.#state === 'connecting') socket.once('connect', () => this.#connected())
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('end', () => this.#ended())
    socket.on('error', (error) => this.#failed(error))
    socket.on('close', () => this.#closed())
    shared.sweeper.add(this)
  }

  /** False from the moment that it is being closed. */
  get isOpen(): boolean {
    return this.#state === 'open' || this.#state === 'connecting'
  }

  /** What waits to be sent. */
  get sendBufferBytes(): number {
    return this.#outbox.bytes + this.#writingBytes
  }

  /** Sweeps in which nothing has arrived. */
  get sweepsSilent(): number {
    return this.#watch.sweepsSilent
  }

  /** Other limits, once it is known who is there. */
  set limits(limits: ConnectionLimits) {
    this.#limits = limits
    this.#reader.frameBytesMax = limits.frameBytesMax
  }

  send(frame: Uint8Array): boolean {
    const bytes = frameHeaderBytes + frame.length
    const { frameBytesMax, sendBufferBytesMax } = this.#limits
    if (
      !this.isOpen ||
      frame.length > frameBytesMax ||
      this.sendBufferBytes + bytes > sendBufferBytesMax ||
      !this.#shared.budget.take(bytes)
    ) {
      this.framesNotTaken++
      return false
    }
    this.#budgetBytes += bytes
    // What cannot leave in this turn may wait for long.
    this.#outbox.add(this.#writingBytes > 0 ? ownCopy(frame) : frame, false)
    this.#flushSoon()
    return true
  }

  /** For the few that a connection needs, which are small: no limit keeps them back. */
  sendControl(frame: Uint8Array): void {
    if (!this.isOpen) return
    this.#outbox.add(frame, true)
    this.#flushSoon()
  }

  close(): void {
    if (!this.isOpen) return
    const isConnected = this.#state === 'open'
    this.#enter('closing')
    this.#reader.stop()
    if (isConnected) this.#flushSoon()
    else this.#socket.destroy()
  }

  /** Ends it and tells the other end why, as far as that listens. */
  refuse(code: RefusalCode, text: string): void {
    this.#error ??= new ConnectionError(code, text)
    this.sendControl(encodeRefusal(code, text))
    this.close()
  }

  /** Ends it at once. */
  abandon(code: ConnectionErrorCode, text: string): void {
    this.#error ??= new ConnectionError(code, text)
    this.#reader.stop()
    this.#socket.destroy()
  }

  sweep(): void {
    const { frames, isMidFrame } = this.#reader
    const waiting = this.sendBufferBytes
    const finding = this.#watch.sweep(this.#limits, frames, isMidFrame, waiting)
    if (finding === null) return
    if (finding === 'askIt') this.sendControl(ping)
    else if (finding === 'lingered') this.#socket.destroy()
    else {
      const [code, what] = findings[finding]
      this.abandon(code, `${this.remote} ${what}`)
    }
  }

  #enter(state: 'open' | 'closing' | 'ended' | 'closed'): void {
    this.#state = state
    this.#watch.enter(state === 'open' ? 'open' : 'ending')
  }

  #connected(): void {
    if (this.#state !== 'connecting') return
    this.#enter('open')
    this.#flushSoon()
    this.#owner.opened()
  }

  #read(chunk: Uint8Array): void {
    this.#watch.heard()
    const problem = this.#reader.read(chunk)
    if (problem !== null) this.#refuseProblem(problem)
    this.#readBytesThisTurn += chunk.length
    if (this.#readBytesThisTurn < this.#limits.readBytesPerTurnMax) return
    // The others, and the timers, have their turn.
    this.#readBytesThisTurn = 0
    this.#socket.pause()
    setImmediate(() => this.#socket.resume())
  }

  #refuseProblem(problem: FrameProblem): void {
    if (problem === 'noRoom') {
      this.refuse('NO_ROOM', 'too much of other connections is held here already')
    } else {
      this.refuse('FRAME_TOO_LARGE', `a frame may have ${this.#limits.frameBytesMax} bytes here`)
    }
  }

  #takeControl(bytes: Uint8Array): void {
    const frame = decodeControlFrame(bytes)
    if (frame?.kind === 'pong') return
    if (frame?.kind !== 'ping') this.#owner.control(frame)
    else if (!this.#isPongDue) {
      // One pong answers all pings that it has not left before.
      this.#isPongDue = true
      this.sendControl(pong)
    }
  }

  #flushSoon(): void {
    if (this.#isFlushDue || this.#writingBytes > 0) return
    this.#isFlushDue = true
    nextTick(this.#onFlush)
  }

  #flush(): void {
    this.#isFlushDue = false
    if (this.#writingBytes > 0 || this.#socket.destroyed) return
    if (this.#state !== 'open' && this.#state !== 'closing') return
    const before = this.#outbox.bytes
    if (before === 0) {
      if (this.#state === 'closing') this.#socket.end()
      return
    }
    const pieces = this.#outbox.takeBatch()
    this.#writingBytes = before - this.#outbox.bytes
    this.#isPongDue = false
    this.#socket.cork()
    for (let i = 0; i < pieces.length - 1; i++) this.#socket.write(pieces[i] as Uint8Array)
    this.#socket.write(pieces[pieces.length - 1] as Uint8Array, this.#onWritten)
    this.#socket.uncork()
  }

  /** The operating system has taken the batch, or the connection is over. */
  #written(): void {
    this.#watch.wrote()
    const isAll = this.#outbox.bytes === 0
    this.#giveBack(isAll ? this.#budgetBytes : Math.min(this.#writingBytes, this.#budgetBytes))
    this.#writingBytes = 0
    this.#flush()
  }

  #giveBack(bytes: number): void {
    this.#budgetBytes -= bytes
    this.#shared.budget.give(bytes)
  }

  #ended(): void {
    if (this.#reader.isMidFrame) {
      this.#error ??= new ConnectionError('CONNECTION_LOST', `${this.remote} ended within a frame`)
    }
    this.#reader.stop()
    this.#enter('ended')
  }

  #failed(error: Error): void {
    const isNew = this.#state === 'connecting'
    const what = isNew
      ? `cannot connect to ${this.remote}`
      : `lost the connection to ${this.remote}`
    const code = isNew ? 'CONNECT_FAILED' : 'CONNECTION_LOST'
    this.#error ??= new ConnectionError(code, `${what} (${systemCode(error)})`)
  }

  #closed(): void {
    this.#enter('closed')
    this.#shared.sweeper.delete(this)
    this.#reader.stop()
    this.#outbox.clear()
    this.#giveBack(this.#budgetBytes)
    this.#owner.closed(this.#error)
  }
}

/** What is said of a connection that is given up for what was found of it. */
const findings: Readonly<
  Record<Exclude<Finding, 'askIt' | 'lingered'>, [ConnectionErrorCode, string]>
> = {
  notConnected: ['CONNECT_TIMEOUT', 'did not answer'],
  saidNothing: ['FIRST_FRAME_TIMEOUT', 'has said nothing yet'],
  frameNotEnded: ['FRAME_TIMEOUT', 'began a frame and did not end it'],
  stalled: ['STALLED', 'does not read what is sent to it'],
  silent: ['SILENT', 'has gone silent'],
}
