/**
 * One client of the torture: several operations at a time in one session, each life of it on
 * connections of its own. See {@link Temper} for what kinds there are.
 */
import type { Random } from '../../base/random.ts'
import { bytesCodecs, openClient } from '../../library/index.ts'
import type { VersionedKvInput } from '../../linearizability/index.ts'
import { sleep } from '../processes/waiting.ts'
import type { Ending } from './attempt.ts'
import { learn } from './key-ring.ts'
import type { Recorder } from './recorder.ts'
import { perform, type StoreClient } from './store-operation.ts'
import { valueWritten, type Workload } from './workload.ts'

/**
 * `hasty`: gives each operation little time, and is closed in the middle of things now and then, to
 * be another client from then on. `patient`: waits until it is answered, and lives to the end.
 * `reader`: hasty, only reads, and in each of its lives knows one server, leader or not.
 */
export type Temper = 'hasty' | 'patient' | 'reader'

const tempers: readonly Temper[] = ['hasty', 'patient', 'reader', 'hasty']

/** Of the clients in turn: with two there is one that makes changes of each. */
export function temperOf(place: number): Temper {
  return tempers[place % tempers.length] as Temper
}

/** What a client says and needs. */
export interface ClientSurroundings {
  /** `host:port`, one each: where clients find the servers. */
  readonly servers: readonly string[]
  readonly workload: Workload
  readonly recorder: Recorder
  readonly random: Random
  readonly report: (problem: string) => void
}

/** Operations of one client that are under way at a time. */
const lanesPerClient = 3

/** From what even a healthy cluster cannot keep on this machine to several elections. */
const hastyTimeoutsMs = [20, 100, 300, 1000, 2000] as const

/** Longer than all faults together, and their recovery: who gets no answer in it has lost one. */
export const patientTimeoutMs = 120_000

/** Operations of a hasty client's life, over all lanes. */
const shortestLife = 50
const longestLife = 600

/** Between two operations of a lane: some hundred operations a second in all. */
const longestThoughtMs = 20

export class TortureClient {
  readonly #name: string
  readonly #temper: Temper
  readonly #surroundings: ClientSurroundings
  #client: StoreClient
  #lifeLeft = 0
  /** Clients it has been, the present one included. */
  lives = 0

  constructor(name: string, temper: Temper, surroundings: ClientSurroundings) {
    this.#name = name
    this.#temper = temper
    this.#surroundings = surroundings
    this.#client = this.#reborn()
  }

  /** Until `over`; what is under way then is waited for. */
  async run(over: AbortSignal): Promise<void> {
    const lanes = Array.from({ length: lanesPerClient }, (_, lane) => this.#runLane(lane, over))
    await Promise.all(lanes)
    await this.#client.close()
  }

  async #runLane(lane: number, over: AbortSignal): Promise<void> {
    const random = this.#surroundings.random.fork(`lane-${lane}`)
    while (!over.aborted) {
      await this.#operate(`${this.#name}.${lane}`, random)
      await think(random.integer(0, longestThoughtMs), over)
    }
  }

  async #operate(process: string, random: Random): Promise<void> {
    const { workload, recorder } = this.#surroundings
    const { key, input } = workload.draw(random, this.#temper)
    const isPatient = this.#temper === 'patient'
    const timeoutMs = isPatient ? patientTimeoutMs : random.pick(hastyTimeoutsMs)
    this.#age()
    const open = recorder.call(process, input)
    const ending = await this.#perform(input, timeoutMs)
    recorder.end(open, ending)
    if (ending.kind === 'acknowledged') {
      learn(key, ending.output, valueWritten(input))
    } else if (ending.kind === 'unknown' && input.kind !== 'get') {
      key.unknowns += 1
    }
  }

  async #perform(input: VersionedKvInput, timeoutMs: number): Promise<Ending> {
    const { report } = this.#surroundings
    try {
      const ending = await perform(this.#client, input, timeoutMs)
      if (this.#temper === 'patient' && ending.kind !== 'acknowledged') {
        report(`${this.#name}, which is patient, got no answer to ${input.kind}: ${ending.code}`)
      }
      return ending
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      report(`${this.#name}: ${reason}`)
      return { kind: 'unknown', code: 'WRONG_ANSWER' }
    }
  }

  #age(): void {
    if (this.#temper === 'patient') return
    this.#lifeLeft -= 1
    if (this.#lifeLeft > 0) return
    // The other lanes may have operations under way; each learns what became of it.
    void this.#client.close()
    this.#client = this.#reborn()
  }

  #reborn(): StoreClient {
    const { random, servers } = this.#surroundings
    this.#lifeLeft = random.integer(shortestLife, longestLife)
    this.lives += 1
    const known = this.#temper === 'reader' ? [random.pick(servers)] : servers
    return openClient({ servers: known, codecs: bytesCodecs })
  }
}

async function think(ms: number, over: AbortSignal): Promise<void> {
  await sleep(ms, over).catch((error) => {
    if (!over.aborted) throw error
  })
}
