/**
 * Whole clusters of the implementation (C20): clients send commands to random servers while the
 * network fails and servers are suspended and resumed; then all is well again, and the log files
 * must become equal.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../../../base/random.ts'
import { freePorts } from '../../processes/free-ports.ts'
import { sleep, waitUntil } from '../../processes/waiting.ts'
import { compareLogs } from '../../verify/comparison.ts'
import { minorityOf } from '../../verify/plan.ts'
import { Blame } from '../rules.ts'
import { sendCommand } from '../stage.ts'
import { Subject } from '../subject.ts'
import { Relay } from './relay.ts'
import { Watcher } from './watcher.ts'

export interface ClusterOptions {
  readonly command: readonly string[]
  readonly servers: number
  readonly forMs: number
  readonly seed: string
  readonly folder: string
  readonly patienceMs: number
  readonly signal: AbortSignal
}

export interface ClusterResult {
  readonly servers: number
  readonly seed: string
  readonly commands: number
  readonly lines: number
  readonly suspensions: number
  readonly datagrams: number
  readonly dropped: number
  readonly repeated: number
  readonly detours: number
  readonly blames: readonly Blame[]
}

const commandEveryMs = 20

interface Cluster {
  readonly subjects: readonly Subject[]
  readonly relay: Relay
  readonly watcher: Watcher
  readonly random: Random
  commands: number
  suspensions: number
  /** Those who are suspended now. */
  readonly suspended: Set<number>
}

export async function runCluster(options: ClusterOptions): Promise<ClusterResult> {
  const cluster = await open(options)
  const { subjects, relay, watcher } = cluster
  try {
    const blames = await trouble(cluster, options)
    const { datagrams, dropped, repeated, detours } = relay
    const { commands, suspensions } = cluster
    return {
      servers: options.servers,
      seed: options.seed,
      commands,
      lines: Math.max(...subjects.map((subject) => subject.logLines().length)),
      suspensions,
      ...{ datagrams, dropped, repeated, detours },
      blames: [...watcher.blames, ...blames],
    }
  } finally {
    await Promise.all(subjects.map((subject) => subject.kill()))
    relay.close()
  }
}

async function open({ command, servers, seed, folder }: ClusterOptions): Promise<Cluster> {
  const random = new Random(`conformance/${seed}`)
  const ports = await freePorts(servers * servers)
  const ids = ports.splice(0, servers).map((port) => `127.0.0.1:${port}`)
  const watcher = new Watcher(ids, () => performance.now())
  const relay = await Relay.open(ids, ports, random.fork('network'), (...seen) =>
    watcher.saw(...seen),
  )
  mkdirSync(folder, { recursive: true })
  const subjects = ids.map((id, server) => {
    const list = join(folder, `servers-of-${id.split(':')[1]}.txt`)
    writeFileSync(list, `${relay.listFor(server).join('\n')}\n`)
    return new Subject(command, id, list, folder)
  })
  const suspended = new Set<number>()
  return { subjects, relay, watcher, random, commands: 0, suspensions: 0, suspended }
}

/** What the cluster as a whole is to be blamed for. */
async function trouble(cluster: Cluster, options: ClusterOptions): Promise<Blame[]> {
  const { relay, watcher, subjects } = cluster
  const { patienceMs, signal, forMs } = options
  const isLed = (): boolean => watcher.leader !== null
  if (!(await waitUntil(isLed, { timeoutMs: 2 * patienceMs, signal }))) {
    return [...deaths(subjects), new Blame('R12', `nobody leads after ${patienceMs / 500} s`)]
  }
  relay.isFaulty = true
  const end = performance.now() + forMs
  await Promise.all([work(cluster, end, signal), suspend(cluster, end, signal)])
  relay.isFaulty = false
  for (const server of cluster.suspended) subjects[server]?.type('resume')
  const isEqual = await agree(cluster, 4 * patienceMs, signal)
  return [...deaths(subjects), ...differences(subjects, isEqual, patienceMs)]
}

async function work(cluster: Cluster, end: number, signal: AbortSignal): Promise<void> {
  const { random, subjects } = cluster
  while (performance.now() < end) {
    const count = ++cluster.commands
    // Not necessarily unique: what is sent twice must be there twice.
    const command = random.chance(0.3) ? random.pick(['x', 'again', '-', 'log']) : `only-${count}`
    const port = Number(random.pick(subjects).id.split(':')[1])
    await sendCommand(command, port)
    await sleep(commandEveryMs, signal)
  }
}

/** Never more than a minority at once. */
async function suspend(cluster: Cluster, end: number, signal: AbortSignal): Promise<void> {
  const { random, subjects, suspended, watcher } = cluster
  const most = minorityOf(subjects.length)
  while (performance.now() < end) {
    await sleep(random.integer(150, 600), signal)
    const leader = watcher.leader ?? 0
    const server = random.chance(0.5) ? leader : random.integer(0, subjects.length - 1)
    if (suspended.has(server)) {
      suspended.delete(server)
      subjects[server]?.type('resume')
    } else if (suspended.size < most) {
      cluster.suspensions += 1
      suspended.add(server)
      subjects[server]?.type('suspend')
    }
  }
}

/** Commands to every server, until one of them is in all files, and the files are equal. */
async function agree(cluster: Cluster, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const { subjects } = cluster
  const deadline = performance.now() + timeoutMs
  for (let round = 1; performance.now() < deadline; round++) {
    for (const { id } of subjects) await sendCommand(`end-${round}`, Number(id.split(':')[1]))
    await sleep(250, signal)
    const texts = subjects.map((subject) => subject.logText())
    const [first = ''] = texts
    if (first.includes(',end-') && texts.every((text) => text === first)) return true
  }
  return false
}

function deaths(subjects: readonly Subject[]): Blame[] {
  return subjects.flatMap(({ id, death, lastWords }) =>
    death === null ? [] : [new Blame('C20', `${id} has ended ${death}: ${lastWords}`)],
  )
}

function differences(subjects: readonly Subject[], isEqual: boolean, patienceMs: number): Blame[] {
  const files = subjects.map((subject) => ({ server: subject.id, text: subject.logText() }))
  const { difference, faults } = compareLogs(files)
  const blames = faults.map((what) => new Blame('C14', what))
  if (isEqual || difference === null) {
    const isEmpty = files.every(({ text }) => text === '')
    return isEmpty ? [new Blame('C14', 'no server has written a log file')] : blames
  }
  const { line, found } = difference
  const lines = new Set(found.flatMap(({ text }) => text ?? []))
  const told = found.map(({ server, text }) => `${server} ${text ?? 'nothing'}`).join(', ')
  const what =
    lines.size > 1
      ? `line ${line} is not the same everywhere: ${told}`
      : `after ${(4 * patienceMs) / 1000} s without faults line ${line} is still missing: ${told}`
  return [...blames, new Blame('C15', what)]
}
