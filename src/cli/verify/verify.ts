/**
 * One verification from beginning to end (C20): start servers, let clients send, take servers down
 * meanwhile if asked to, wait until all is at rest, end the servers, compare their log files.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ServerProcessError } from '../processes/server-process.ts'
import { orAborted, waitUntil } from '../processes/waiting.ts'
import { type Account, accountFor } from './account.ts'
import { awaitAgreement } from './agreement.ts'
import { runClients } from './clients.ts'
import { Cluster } from './cluster.ts'
import { type Comparison, compareLogs } from './comparison.ts'
import { type OutageCounts, runOutages } from './outages.ts'
import { Pacer } from './pacer.ts'
import { type Plan, planFor } from './plan.ts'
import { problemsIn } from './verdict.ts'

export interface VerifyOptions {
  readonly servers: number
  readonly clients: number
  readonly commands: number
  readonly faults: boolean
  readonly seed: string
  /** The longest wait for a first leader, and at the end for the files to become equal. */
  readonly timeoutMs: number
  readonly committedPercentMin: number
  /** Leave the folder where it is, whatever comes out. */
  readonly keep: boolean
}

export interface VerifyResult {
  readonly options: VerifyOptions
  readonly comparison: Comparison
  readonly account: Account
  readonly uniqueCommands: number
  readonly outages: OutageCounts
  /** How long the clients were at work. */
  readonly sendingMs: number
  /** Why the verdict is not "equal"; empty when it is. */
  readonly problems: readonly string[]
  /** Where everything still is; null when it has been removed. */
  readonly folder: string | null
}

/** What is going on, for whoever waits in front of the terminal. */
export interface Progress {
  readonly sent: number
  readonly committed: number
  readonly serversUp: number
}

export interface VerifyRun {
  readonly signal: AbortSignal
  /** Told which folder is used, as soon as it is there. */
  readonly onFolder?: (folder: string) => void
  /** Given a way to look at the progress, as soon as there is any. */
  readonly onSending?: (progress: () => Progress) => void
}

/** As quick as one disk for all servers keeps up with, so that the window seldom has to brake. */
const commandsPerSecond = 1000

/** Slower with faults, so that there is time for many outages while clients send. */
const commandsPerSecondWithFaults = 400

/** Outages last up to a second and a half: so long must even a short run send. */
const secondsWithFaultsMin = 5

export async function verify(options: VerifyOptions, run: VerifyRun): Promise<VerifyResult> {
  const folder = await mkdtemp(join(tmpdir(), 'kontiki-verify-'))
  run.onFolder?.(folder)
  let isKept = options.keep
  try {
    const cluster = await startCluster(folder, options.servers, run.signal)
    try {
      const result = await runOn(cluster, options, run)
      isKept ||= result.problems.length > 0
      return { ...result, folder: isKept ? folder : null }
    } finally {
      await cluster.killAll()
    }
  } catch (error) {
    // Somebody who interrupts has seen enough; anything else is to be looked into.
    if (run.signal.aborted) throw run.signal.reason
    isKept = true
    const what = error instanceof Error ? error.message : String(error)
    throw new Error(`${what}; everything is kept in ${folder}`, { cause: error })
  } finally {
    if (!isKept) await rm(folder, { recursive: true, force: true })
  }
}

const startTriesMax = 3

/** Between the look for free ports and the start, somebody else may have taken one. */
async function startCluster(
  folder: string,
  servers: number,
  signal: AbortSignal,
): Promise<Cluster> {
  for (let tries = 1; ; tries++) {
    const cluster = await Cluster.prepare(folder, servers)
    try {
      await orAborted(cluster.startAll(), signal)
      return cluster
    } catch (error) {
      await cluster.killAll()
      const isTaken = error instanceof ServerProcessError && /in use/.test(error.message)
      if (!isTaken || tries === startTriesMax) throw error
    }
  }
}

async function runOn(
  cluster: Cluster,
  options: VerifyOptions,
  run: VerifyRun,
): Promise<Omit<VerifyResult, 'folder'>> {
  const { signal } = run
  const { timeoutMs } = options
  const plan = planFor(options)
  if (!(await waitUntil(() => cluster.leader() !== null, { timeoutMs, signal }))) {
    throw new ServerProcessError(`no server became leader within ${timeoutMs / 1000} s`)
  }
  const startedAt = performance.now()
  const { sent, outages } = await sendAll(cluster, plan, options, run)
  const sendingMs = performance.now() - startedAt
  const isAtRest = await awaitAgreement(cluster, timeoutMs, signal)
  await cluster.exitAll()
  const comparison = compareLogs(await cluster.logFiles())
  const account = accountFor(sent, comparison.commands)
  const problems = [
    ...cluster.problems,
    ...problemsIn(comparison, account, options.committedPercentMin),
  ]
  if (!isAtRest && problems.length === 0) {
    problems.push(`the servers did not come to rest within ${timeoutMs / 1000} s`)
  }
  const { uniqueCommands } = plan
  return { options, comparison, account, uniqueCommands, outages, sendingMs, problems }
}

async function sendAll(
  cluster: Cluster,
  plan: Plan,
  { commands, faults }: VerifyOptions,
  { signal, onSending }: VerifyRun,
): Promise<{ sent: string[]; outages: OutageCounts }> {
  const committed = (): number => Math.max(...cluster.lineCounts())
  const perSecond = faults
    ? Math.min(commandsPerSecondWithFaults, commands / secondsWithFaultsMin)
    : commandsPerSecond
  const pacer = new Pacer({ perSecond, committed, signal })
  onSending?.(() => ({
    sent: pacer.sent,
    committed: committed(),
    serversUp: cluster.up().length,
  }))
  const over = new AbortController()
  const outages = faults
    ? runOutages(plan.outages, cluster, { over: over.signal, interrupted: signal })
    : Promise.resolve({ suspensions: 0, kills: 0 })
  try {
    const sent = await runClients(plan.clients, cluster, pacer, signal)
    over.abort()
    return { sent, outages: await outages }
  } finally {
    over.abort()
    await outages
  }
}
