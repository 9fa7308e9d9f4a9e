/**
 * What is to happen soon, without anybody's command: the driver's turn after an input, the end of a
 * save on a disk that saves at once. First in, first out, between two commands.
 */
import { assert } from '../../base/assert.ts'

/** A turn that takes more is one that never ends. */
const tasksMax = 1_000_000

export class Tasks {
  #waiting: (() => void)[] = []

  add(task: () => void): void {
    this.#waiting.push(task)
  }

  /** Does all of them, and those that come of them; `after` each. */
  run(after: () => void): void {
    for (let done = 0; this.#waiting.length > 0; done++) {
      assert(done < tasksMax, `a turn ends within ${tasksMax} tasks`)
      const task = this.#waiting.shift() as () => void
      task()
      after()
    }
  }
}
