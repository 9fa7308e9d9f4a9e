/**
 * One connection through a proxy, and what goes either way on it: passed on, late, or not until the
 * link is whole again. A link that is cut is silent: neither bytes nor the end of a connection come
 * through, and both do when it is whole.
 */
import type { Socket } from 'node:net'
import type { LinkState } from './network.ts'

/** What one direction may pile up before its source is made to wait, as a full pipe would. */
const heldBytesMax = 1024 * 1024

export class Link {
  readonly #caller: Socket
  readonly #callee: Socket
  readonly #inward: Direction
  readonly #outward: Direction

  /** `stateNow`: of this link; `ended` is called once, when both ends are closed. */
  constructor(caller: Socket, callee: Socket, stateNow: () => LinkState, ended: () => void) {
    this.#caller = caller
    this.#callee = callee
    this.#inward = new Direction(caller, callee, () => {
      const { inwardIsCut, delayMs } = stateNow()
      return { isCut: inwardIsCut, delayMs }
    })
    this.#outward = new Direction(callee, caller, () => {
      const { outwardIsCut, delayMs } = stateNow()
      return { isCut: outwardIsCut, delayMs }
    })
    let open = 2
    for (const end of [caller, callee]) {
      end.once('close', () => {
        open -= 1
        if (open === 0) ended()
      })
    }
  }

  get heldBytes(): number {
    return this.#inward.heldBytes + this.#outward.heldBytes
  }

  /** The network has changed: what was held may go. */
  flush(): void {
    this.#inward.flush()
    this.#outward.flush()
  }

  /** Both ends are told at once that the connection is no more, with what is on its way lost. */
  reset(): void {
    this.#caller.resetAndDestroy()
    this.#callee.resetAndDestroy()
  }
}

interface DirectionState {
  readonly isCut: boolean
  readonly delayMs: number
}

class Direction {
  readonly #source: Socket
  readonly #sink: Socket
  readonly #stateNow: () => DirectionState
  #held: { readonly bytes: Uint8Array; readonly dueMs: number }[] = []
  #heldBytes = 0
  #sourceHasEnded = false
  #isOver = false
  #timer: NodeJS.Timeout | null = null

  constructor(source: Socket, sink: Socket, stateNow: () => DirectionState) {
    this.#source = source
    this.#sink = sink
    this.#stateNow = stateNow
    source.setNoDelay(true)
    source.on('error', () => {})
    source.on('data', (bytes) => this.#add(bytes))
    source.once('close', () => {
      this.#sourceHasEnded = true
      this.flush()
    })
    sink.on('drain', () => this.#brake())
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  #add(bytes: Uint8Array): void {
    const dueMs = performance.now() + this.#stateNow().delayMs
    this.#held.push({ bytes, dueMs })
    this.#heldBytes += bytes.length
    this.flush()
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (!this.#stateNow().isCut) this.#passOn()
    this.#brake()
  }

  #passOn(): void {
    const now = performance.now()
    let count = 0
    for (const { bytes, dueMs } of this.#held) {
      if (dueMs > now) break
      count += 1
      this.#heldBytes -= bytes.length
      if (this.#sink.writable) this.#sink.write(bytes)
    }
    this.#held.splice(0, count)
    const next = this.#held[0]
    if (next !== undefined) this.#timer = setTimeout(() => this.flush(), next.dueMs - now)
    else if (this.#sourceHasEnded) this.#end()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#sink.destroySoon()
  }

  /** Reads on only as fast as the other end takes it in. */
  #brake(): void {
    if (this.#heldBytes + this.#sink.writableLength > heldBytesMax) this.#source.pause()
    else this.#source.resume()
  }
}
