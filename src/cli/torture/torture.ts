/**
 * One torture from beginning to end: start servers behind their proxies, let clients work while
 * faults strike, put everything right, kill and start every server once more so that only the disks
 * remain, wait until all agree, read every key, and judge.
 */
import { setMaxListeners } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '../../base/random.ts'
import { bytesCodecs, openClient } from '../../library/index.ts'
import { orAborted, waitUntil } from '../processes/waiting.ts'
import { Churn, type ChurnCounts, churnSpares } from './churn.ts'
import { type ClientSurroundings, TortureClient, temperOf } from './client.ts'
import { Cluster } from './cluster.ts'
import type { FinalValues } from './exactly-once.ts'
import { idleChurnProblems } from './idle-churn.ts'
import { type Judgement, judge } from './judgement.ts'
import { KeyRing } from './key-ring.ts'
import { type LogBounds, Observation, type Sights } from './observation.ts'
import { type FaultKind, plannedFaults } from './plan.ts'
import { Recorder } from './recorder.ts'
import { unrest } from './settling.ts'
import { perform } from './store-operation.ts'
import { type FaultCounts, strike } from './strike.ts'
import { Warden } from './warden.ts'
import { Workload } from './workload.ts'

export interface TortureOptions {
  readonly seconds: number
  readonly servers: number
  readonly clients: number
  readonly seed: string
  readonly faults: readonly FaultKind[]
  /** Members come and go meanwhile, and logs are kept short. */
  readonly churn: boolean
  /** The program of a server, and what stands before its options, for Node. */
  readonly program: readonly string[]
  /** How long the cluster may take to be well again when nothing is wrong with it any more. */
  readonly recoveryMs: number
  /** Leave the folder where it is, whatever comes out. */
  readonly keep: boolean
}

export interface TortureResult {
  readonly options: TortureOptions
  readonly judgement: Judgement
  readonly faults: FaultCounts
  /** How long clients were at work. */
  readonly workedMs: number
  /** The longest time within it in which no change was acknowledged. */
  readonly longestGapMs: number
  readonly sights: Sights
  /** Null without churn. */
  readonly churn: ChurnCounts | null
  /** Clients that there were: a hasty one is often closed and opened again. */
  readonly clientLives: number
  /** Why the verdict is not "passed"; empty when it is. */
  readonly problems: readonly string[]
  /** Where everything still is; null when it has been removed. */
  readonly folder: string | null
}

export interface TortureRun {
  readonly signal: AbortSignal
  /** Told which folder is used, as soon as it is there. */
  readonly onFolder?: (folder: string) => void
  /** Given a way to look at the progress, as soon as there is any. */
  readonly onWorking?: (progress: () => string) => void
}

export async function torture(options: TortureOptions, run: TortureRun): Promise<TortureResult> {
  const folder = await mkdtemp(join(tmpdir(), 'kontiki-torture-'))
  run.onFolder?.(folder)
  const warden = new Warden()
  if (!options.keep) warden.sweep(folder)
  let isKept = options.keep
  try {
    const result = await new Torture(folder, options, run, warden).run()
    isKept ||= result.problems.length > 0
    return { ...result, folder: isKept ? folder : null }
  } catch (error) {
    // Somebody who interrupts has seen enough; anything else is to be looked into.
    if (run.signal.aborted) throw run.signal.reason
    isKept = true
    throw new Error(`${reasonOf(error)}; everything is kept in ${folder}`, { cause: error })
  } finally {
    if (!isKept) await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    warden.dismiss()
  }
}

/** With churn: a snapshot every second or so, so that whoever joins is sent one. */
const shortLog: LogBounds = { snapshotLogBytes: 16 * 1024, segmentBytes: 32 * 1024 }

/** Gets that are under way at a time when every key is read in the end. */
const finalReadersMax = 16

class Torture {
  readonly #folder: string
  readonly #options: TortureOptions
  readonly #run: TortureRun
  readonly #warden: Warden
  readonly #recorder: Recorder
  readonly #ring = new KeyRing()
  readonly #problems: string[] = []
  /** The time is over, or something has gone wrong: the rest would say nothing new. */
  readonly #over = new AbortController()

  constructor(folder: string, options: TortureOptions, run: TortureRun, warden: Warden) {
    this.#folder = folder
    this.#options = options
    this.#run = run
    this.#warden = warden
    this.#recorder = new Recorder(join(folder, 'history.jsonl'))
  }

  async run(): Promise<Omit<TortureResult, 'folder'>> {
    const { servers, churn } = this.#options
    const { signal } = this.#run
    await writeFile(join(this.#folder, 'options.json'), JSON.stringify(this.#options, null, 2))
    const cluster = await Cluster.prepare({
      ...{ folder: this.#folder, servers, program: this.#program(), warden: this.#warden },
      spares: churn ? churnSpares : 0,
      report: (problem) => this.#report(problem),
    })
    const observation = new Observation(cluster, churn ? shortLog : null, (problem) => {
      this.#report(problem)
    })
    const watching = new AbortController()
    const watch = observation.watch(AbortSignal.any([watching.signal, signal]))
    try {
      await orAborted(cluster.startAll(), signal)
      await this.#settle(observation, 'at the beginning')
      const worked = await orAborted(this.#work(cluster), signal)
      // Before every server is killed, which makes a leader more of its own.
      const idle = idleChurnProblems(worked.churn, observation.sights, worked.workedMs)
      const finals = await this.#comeToRest(cluster, observation)
      await this.#recorder.close()
      const judgement = judge(this.#recorder, this.#ring.all, finals)
      const { picture } = judgement
      if (picture !== null) await writeFile(join(this.#folder, 'history.html'), picture)
      const problems = [...this.#problems, ...idle, ...judgement.problems]
      const { sights } = observation
      return { options: this.#options, judgement, problems, sights, ...worked }
    } finally {
      watching.abort()
      await cluster.close()
      await watch
      await observation.close()
      await this.#recorder.close()
    }
  }

  #program(): readonly string[] {
    const { program, churn } = this.#options
    if (!churn) return program
    const { snapshotLogBytes, segmentBytes } = shortLog
    const bounds = { '--snapshot-log-bytes': snapshotLogBytes, '--segment-bytes': segmentBytes }
    return [...program, ...Object.entries(bounds).flat().map(String)]
  }

  #report(problem: string): void {
    this.#problems.push(problem)
    this.#over.abort()
  }

  /** Clients at work and faults that strike, until the time is over and all is put right. */
  async #work(
    cluster: Cluster,
  ): Promise<Omit<TortureResult, 'options' | 'judgement' | 'problems' | 'sights' | 'folder'>> {
    const { seed, seconds, faults, churn, recoveryMs } = this.#options
    const { signal } = this.#run
    const over = AbortSignal.any([this.#over.signal, signal])
    // Everything that waits listens to it, and leaves when it has waited.
    setMaxListeners(0, over)
    const timer = setTimeout(() => this.#over.abort(), seconds * 1000)
    const startedMs = this.#recorder.nowMs
    const clients = this.#makeClients(cluster)
    this.#run.onWorking?.(() => this.#progress())
    const work = clients.map((client) => client.run(over))
    const members = churn ? new Churn(cluster, new Random(`${seed}/churn`), recoveryMs) : null
    const churning = members?.run(over).catch((error) => this.#report(reasonOf(error)))
    try {
      const plan = plannedFaults(new Random(`${seed}/faults`), cluster.size, faults)
      const counts = await strike(plan, cluster, over)
      const workedMs = this.#recorder.nowMs - startedMs
      const { longestGapMs } = this.#recorder
      await churning
      // Hasty clients end at once; patient ones have their answers before all else goes on.
      await Promise.all(work)
      const clientLives = clients.reduce((sum, { lives }) => sum + lives, 0)
      const churnCounts = members?.counts ?? null
      return { faults: counts, churn: churnCounts, workedMs, longestGapMs, clientLives }
    } finally {
      clearTimeout(timer)
      this.#over.abort()
    }
  }

  #makeClients(cluster: Cluster): TortureClient[] {
    const random = new Random(`${this.#options.seed}/clients`)
    const workload = new Workload(this.#ring)
    return Array.from({ length: this.#options.clients }, (_, i) => {
      const name = `c${i + 1}`
      const surroundings: ClientSurroundings = {
        ...{ servers: cluster.addresses, workload, recorder: this.#recorder },
        random: random.fork(name),
        report: (problem) => this.#report(problem),
      }
      return new TortureClient(name, temperOf(i), surroundings)
    })
  }

  #progress(): string {
    const { attempts } = this.#recorder
    return `${attempts.length} operations, ${this.#ring.all.length} keys`
  }

  /** What is only in memory goes; then every key is read, from servers that agree. */
  async #comeToRest(cluster: Cluster, observation: Observation): Promise<FinalValues> {
    if (this.#problems.length > 0) return new Map()
    await this.#settle(observation, 'when nothing was wrong any more')
    const places = cluster.taken
    cluster.note('every server is killed and started once more')
    await Promise.all(places.map((place) => cluster.kill(place)))
    await orAborted(Promise.all(places.map((place) => cluster.start(place))), this.#run.signal)
    await this.#settle(observation, 'after every server was killed and started once more')
    if (this.#problems.length > 0) return new Map()
    return orAborted(this.#readAll(cluster), this.#run.signal)
  }

  async #settle(observation: Observation, when: string): Promise<void> {
    const { recoveryMs } = this.#options
    let reason: string | null = null
    const hasSettled = await waitUntil(
      async () => {
        reason = unrest(await observation.look())
        return reason === null
      },
      { timeoutMs: recoveryMs, pollMs: 50, signal: this.#run.signal },
    )
    if (hasSettled) return
    this.#report(`the servers did not agree within ${recoveryMs / 1000} s ${when}: ${reason}`)
  }

  async #readAll(cluster: Cluster): Promise<FinalValues> {
    const client = openClient({ servers: cluster.addresses, codecs: bytesCodecs })
    const finals = new Map<string, string | null>()
    const keys = [...this.#ring.all]
    const read = async (process: string): Promise<void> => {
      for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
        const input = { kind: 'get', key: key.name } as const
        const open = this.#recorder.call(process, input)
        const ending = await perform(client, input, this.#options.recoveryMs)
        this.#recorder.end(open, ending)
        if (ending.kind === 'acknowledged' && ending.output.kind === 'value') {
          finals.set(key.name, ending.output.value)
        } else this.#report(`${key.name} could not be read in the end`)
      }
    }
    try {
      const readers = Array.from({ length: finalReadersMax }, (_, i) => read(`final.${i + 1}`))
      await Promise.all(readers)
      return finals
    } finally {
      await client.close()
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
