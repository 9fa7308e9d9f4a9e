/**
 * Connections between simulated processes, as TCP's: frames in order, each at most once, until the
 * connection ends. It may end while frames are on their way, which are then lost; either end may
 * never hear of it (half-open); and a link between two hosts may be blocked for a while, which
 * only makes what is sent there late. Each end is played to a process in that process's own turns.
 */
import { assert } from '../base/assert.ts'
import type { Random } from '../base/random.ts'
import type { Connection, ConnectionEvents, Dialer, Listener } from '../ports/index.ts'
import type { Milliseconds } from '../raft/index.ts'
import { Line, LineEnd, type SimProcess, Street } from './sim-line.ts'

export interface ConnectionOptions {
  /** How long something is on its way; asked anew for each frame. */
  readonly delayMs: () => Milliseconds
  /** That a connection breaks at a frame, which is lost with all behind it. */
  readonly breakChance: number
  /** That an end does not hear of it when its connection breaks. */
  readonly halfOpenChance: number
  /** Bytes that one end may have on their way; past it, `send` takes nothing. */
  readonly bufferBytesMax: number
}

/** What of a world connections need. */
export interface NetworkWorld {
  readonly now: Milliseconds
  /** What the network does by itself, whoever is paused. */
  later(delayMs: Milliseconds, action: () => void): void
}

/** Somebody takes connections at an address, or did. */
interface Listening {
  process: SimProcess
  listener: Listener
  /** Its machine is off: nobody is there to refuse a connection. */
  isSilent: boolean
}

/** How a process ended: its machine went on and tells the other ends, or it went down as well. */
export type ProcessEnd = 'kill' | 'power'

export class SimConnections {
  readonly random: Random
  readonly #world: NetworkWorld
  #options: ConnectionOptions
  readonly #listening = new Map<string, Listening>()
  readonly #streets = new Map<string, Street>()
  /** Those that have an end that is not over. */
  readonly #lines = new Set<Line>()
  isCalm = false
  /** For whoever counts: connections that broke, and of those the half-open ones. */
  broken = 0
  halfOpen = 0

  constructor(options: ConnectionOptions, random: Random, world: NetworkWorld) {
    this.#options = options
    this.random = random
    this.#world = world
  }

  /** Connections to `address` are taken from now on, by this process. */
  listen(address: string, process: SimProcess, listener: Listener): void {
    this.#listening.set(address, { process, listener, isSilent: false })
  }

  /** The dialer of a process. */
  dialer(process: SimProcess): Dialer {
    return { connect: (address, events) => this.#connect(process, address, events) }
  }

  /** The process is gone, and with it its ends of connections. */
  ended(process: SimProcess, how: ProcessEnd): void {
    for (const listening of this.#listening.values()) {
      if (listening.process === process) listening.isSilent = how === 'power'
    }
    for (const line of this.#lines) {
      const end = line.endOf(process)
      if (end === null) continue
      end.vanish()
      if (how === 'kill') end.other.learn(resetError, this.#delay())
      this.#sweep(line)
    }
  }

  /** What is sent from one host to the other waits, until as many have unblocked it. */
  block(from: string, to: string): void {
    if (!this.isCalm) this.street(from, to).blocks += 1
  }

  unblock(from: string, to: string): void {
    if (!this.isCalm) this.street(from, to).unblock()
  }

  /** Ends connections; `chooses` says which, by the hosts of their two ends. */
  break(chooses: (dialled: string, listening: string) => boolean): void {
    for (const line of this.#lines) {
      if (chooses(line.dialled.process.host, line.listening.process.host)) this.breakLine(line)
    }
  }

  /** Breaks one: what is on its way may be lost, and an end may not hear of it. */
  breakLine(line: Line): void {
    if (line.isBroken) return
    this.broken += 1
    line.isBroken = true
    line.losesAll = this.random.chance(0.5)
    let told = 0
    for (const end of [line.dialled, line.listening]) {
      if (this.random.chance(this.#options.halfOpenChance)) continue
      told += 1
      end.learn(resetError, this.#delay() * this.random.between(1, 10))
    }
    if (told < 2) this.halfOpen += 1
    this.#sweep(line)
  }

  /** From now on nothing is blocked, slow or broken; what was broken stays so. */
  calm(): void {
    this.isCalm = true
    this.#options = {
      ...this.#options,
      delayMs: () => this.random.between(0.1, 2),
      breakChance: 0,
      halfOpenChance: 0,
    }
    for (const street of this.#streets.values()) {
      while (street.blocks > 0) street.unblock()
    }
  }

  /** The way from one host to another. */
  street(from: string, to: string): Street {
    const name = `${from} ${to}`
    let street = this.#streets.get(name)
    if (street === undefined) {
      street = new Street()
      this.#streets.set(name, street)
    }
    return street
  }

  #connect(process: SimProcess, address: string, events: ConnectionEvents): Connection {
    const host = this.#listening.get(address)?.process.host ?? address
    const line: Line = new Line(this.street(process.host, host), this.street(host, process.host), {
      now: () => this.#world.now,
      delayMs: () => this.#delay(),
      bufferBytesMax: this.#options.bufferBytesMax,
      breaks: () => this.#breaks(line),
      cameTooLate: (sender) => this.#cameTooLate(sender),
      over: () => this.#sweep(line),
    })
    this.#lines.add(line)
    const end: LineEnd = new LineEnd(line, process, address, events)
    line.dialled = end
    line.listening = new LineEnd(line, nobody, process.host, null)
    this.#knock(line, address, events)
    return end
  }

  /** Something arrives at the address, and its machine answers by itself. */
  #knock(line: Line, address: string, events: ConnectionEvents): void {
    const { dialled, listening } = line
    const answer = (): void => {
      if (line.isBroken) return
      if (dialled.isOver) {
        listening.hear()
        return
      }
      events.opened()
      dialled.flush()
    }
    const arrive = (): void => {
      if (dialled.isOver || line.isBroken) return
      const there = this.#listening.get(address)
      if (there === undefined || there.process.isGone) {
        if (there?.isSilent !== true) dialled.learn(refusedError, this.#delay())
        return
      }
      this.#accept(listening, there)
      line.toDialled.pass(() => dialled.process.at(this.#world.now + this.#delay(), answer))
    }
    line.toListening.pass(() => this.#world.later(this.#delay(), arrive))
  }

  #accept(end: LineEnd, { process, listener }: Listening): void {
    end.process = process
    process.at(this.#world.now, () => {
      if (end.isOver) return
      end.handlers = listener(end)
      end.flush()
    })
  }

  /** The machine says so, where it is up. */
  #cameTooLate(sender: LineEnd): void {
    const { host } = sender.other.process
    for (const { process, isSilent } of this.#listening.values()) {
      if (process.host === host && !isSilent) sender.learn(resetError, this.#delay())
    }
  }

  #breaks(line: Line): boolean {
    const { breakChance } = this.#options
    if (breakChance === 0 || !this.random.chance(breakChance)) return false
    this.breakLine(line)
    return true
  }

  #sweep(line: Line): void {
    if (line.dialled.isOver && line.listening.isOver) this.#lines.delete(line)
  }

  #delay(): Milliseconds {
    const delayMs = this.#options.delayMs()
    assert(delayMs >= 0, 'nothing arrives before it was sent')
    return delayMs
  }
}

const resetError = new Error('the connection was reset')
const refusedError = new Error('the connection was refused')

/** The process at the far end, until somebody there has taken the connection. */
const nobody: SimProcess = { host: '', isGone: false, at: () => {} }
