/** A disk that has no room for new files while a test says so. */
import { Random } from '../../src/base/random.ts'
import { FakeDisk, type Step, systemError } from './fake-disk.ts'

/** Nothing can be made on it while it is full; the reserve's room is for one file. */
export class SmallDisk extends FakeDisk {
  isFull = false
  /** Files that may still be made, having been given up. */
  freed = 0
  refusals = 0

  constructor() {
    super(new Random(1))
    this.fate = (step) => this.#step(step)
  }

  #step({ what, name }: Step): void {
    if (what === 'remove' && name === 'reserve') this.freed += 1
    if (what !== 'create' || !this.isFull) return
    if (this.freed > 0) this.freed -= 1
    else this.#refuse()
  }

  #refuse(): never {
    this.refusals += 1
    throw systemError('ENOSPC')
  }
}
