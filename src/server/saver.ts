/**
 * The one queue to the disk. While a save is being made durable, what comes in gathers, and goes
 * as one batch when it is done: group commit without a timer (§10.2.2). It is here that "nothing
 * leaves before what it promises is durable" is kept: what waits is given back only then.
 */
import { assert } from '../base/assert.ts'
import type { Storage } from '../ports/index.ts'
import type { Save } from '../raft/index.ts'

export class Saver {
  readonly #storage: Storage
  /** Called in order, with saves that have become durable together. */
  readonly #durable: (saves: readonly Save[]) => void
  readonly #failed: (error: Error) => void
  #waiting: Save[] = []
  #underWay: readonly Save[] | null = null
  #state: 'open' | 'failed' | 'closed' = 'open'

  constructor(
    storage: Storage,
    durable: (saves: readonly Save[]) => void,
    failed: (error: Error) => void,
  ) {
    this.#storage = storage
    this.#durable = durable
    this.#failed = failed
  }

  /** Saves that are not durable yet. */
  get pending(): number {
    return this.#waiting.length + (this.#underWay?.length ?? 0)
  }

  enqueue(save: Save): void {
    if (this.#state !== 'open') return
    this.#waiting.push(save)
    if (this.#underWay === null) this.#start()
  }

  /** Nothing more is taken, started or reported. */
  close(): void {
    this.#state = 'closed'
    this.#waiting = []
  }

  #start(): void {
    assert(this.#waiting.length > 0, 'there is something to save')
    this.#underWay = this.#waiting
    this.#waiting = []
    this.#storage.save(this.#underWay, (error) => this.#done(error))
  }

  #done(error: Error | null): void {
    const saves = this.#underWay
    assert(saves !== null, 'a save that ends was started')
    this.#underWay = null
    if (this.#state !== 'open') return
    if (error !== null) {
      // After a failed write or sync nobody knows what the disk holds: no second try, no answer.
      this.#state = 'failed'
      this.#failed(error)
      return
    }
    this.#durable(saves)
    if (this.#state === 'open' && this.#underWay === null && this.#waiting.length > 0) this.#start()
  }
}
