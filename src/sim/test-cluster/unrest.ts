/**
 * Faults without end, at random, for a test cluster: a server crashes and comes back, is paused, or
 * is cut off with some others. A majority is always up, so that commands get through in the end.
 */
import type { Random } from '../../base/random.ts'
import type { Milliseconds } from '../../raft/index.ts'
import type { ClusterServer } from './cluster-server.ts'
import type { TestCluster } from './test-cluster.ts'

/** Between one fault and the next, in the mean: some two or three elections. */
const everyMs = 1500

export class Unrest {
  readonly #cluster: TestCluster
  readonly #random: Random
  #isOver = false

  constructor(cluster: TestCluster) {
    this.#cluster = cluster
    this.#random = cluster.random.fork('unrest')
    this.#wait()
  }

  /** No more of it. What is down, paused or cut off now stays so. */
  end(): void {
    this.#isOver = true
  }

  #wait(): void {
    this.#later(-everyMs * Math.log(1 - this.#random.float()), () => {
      this.#strike()
      this.#wait()
    })
  }

  #strike(): void {
    const { servers } = this.#cluster
    const well = servers.filter((server) => server.isUp && !server.isPaused)
    if (servers.length > 1 && this.#random.chance(0.3)) {
      this.#part()
    } else if (2 * (well.length - 1) > servers.length) {
      const victim = this.#random.pick(well)
      if (this.#random.chance(0.3)) this.#pause(victim)
      else this.#crash(victim)
    }
  }

  #crash(server: ClusterServer): void {
    server.crash(this.#random.chance(0.5) ? 'power' : 'kill')
    this.#later(this.#random.between(50, 3000), () => {
      if (!server.isUp) server.start()
    })
  }

  #pause(server: ClusterServer): void {
    server.pause()
    this.#later(this.#random.between(50, 3000), () => {
      if (server.isPaused) server.resume()
    })
  }

  #part(): void {
    const names = this.#random.shuffle(this.#cluster.servers.map(({ id }) => id))
    const size = this.#random.integer(1, names.length - 1)
    this.#cluster.partition([names.slice(0, size), names.slice(size)])
    this.#later(this.#random.between(50, 2000), () => this.#cluster.heal())
  }

  #later(delayMs: Milliseconds, action: () => void): void {
    this.#cluster.later(delayMs, () => {
      if (!this.#isOver) action()
    })
  }
}
