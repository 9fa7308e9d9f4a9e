/**
 * The data directory of a new cluster of one, made of what an old one held: its snapshot, its log,
 * and behind that the entry by which one server votes alone. cluster.json comes last, and without
 * it no server takes the directory: what an interruption leaves is refused.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { Random } from '../../base/random.ts'
import { lockDirectory, NodeDisk, ReadOnlyDisk } from '../../disk/index.ts'
import type { SaveBatch } from '../../ports/index.ts'
import {
  decodeConfiguration,
  type Entry,
  encodeConfiguration,
  entry,
  makeConfiguration,
  type Snapshot,
} from '../../raft/index.ts'
import {
  incarnationOfLog,
  openSegmentedLog,
  type SegmentedLog,
  snapshotContent,
  writeClusterRecord,
} from '../../storage/index.ts'
import { systemReason } from '../program.ts'
import { RecoveryError, type RecoveryPlan } from './plan.ts'

export interface NewCluster {
  /** Its one voter. */
  readonly serverId: string
  readonly address: string
}

/** Bytes of commands in one save, which is written in one piece. */
const saveBytesMax = 4 * 1024 * 1024

/** The new cluster's id. `into` must not be there, or be empty. */
export async function writeDirectory(
  into: string,
  plan: RecoveryPlan,
  { serverId, address }: NewCluster,
): Promise<string> {
  requireEmpty(into)
  const disk = new NodeDisk(into)
  const lock = await lockDirectory(into)
  try {
    const log = openSegmentedLog(disk, {
      identity: { serverId, servers: [] },
      checksum: crc32,
      random: new Random(randomBytes(16).toString('hex')),
      soon: (callback) => setImmediate(callback),
    })
    try {
      log.recover()
      await writeState(log, plan, serverId, address)
    } finally {
      await calling((done) => log.close(done))
    }
    const clusterId = randomBytes(8).toString('hex')
    writeClusterRecord(disk, log.logId, { clusterId, founders: null }, crc32)
    return clusterId
  } finally {
    lock.release()
  }
}

function requireEmpty(into: string): void {
  let isEmpty: boolean
  try {
    isEmpty = !existsSync(into) || readdirSync(into).length === 0
  } catch (error) {
    throw new RecoveryError(`cannot use --into ${into}: ${systemReason(error)}`)
  }
  if (!isEmpty) throw new RecoveryError(`${into} is not empty`)
}

async function writeState(
  log: SegmentedLog,
  { best, term }: RecoveryPlan,
  serverId: string,
  address: string,
): Promise<void> {
  const old = best.inspection.snapshot.value
  const state = { currentTerm: term, votedFor: serverId, truncateFrom: null }
  if (old !== null) {
    const snapshot = { ...old, configuration: withoutIncarnations(old.configuration) }
    await copySnapshot(log, best.path, old, snapshot)
    await save(log, { ...state, snapshot, entries: [] })
  }
  for (const entries of portions(best.log.entries)) {
    await save(log, { ...state, entries: entries.map(asOfTheNewCluster) })
  }
  const incarnations = new Map([[serverId, incarnationOfLog(log.logId)]])
  const addresses = new Map([[serverId, address]])
  const alone = makeConfiguration([serverId], null, [], addresses, incarnations)
  const last = entry(best.log.lastIndex + 1, term, 'configuration', encodeConfiguration(alone))
  await save(log, { ...state, entries: [last] })
}

/**
 * Which data directories the servers had in the old cluster. A server that joins the new one reads
 * of them first, and would turn away the very server that brings it the rest.
 */
function withoutIncarnations(bytes: Uint8Array): Uint8Array {
  const configuration = decodeConfiguration(bytes)
  if (configuration === null) return bytes
  const { voters, votersOld, learners, addresses } = configuration
  return encodeConfiguration(makeConfiguration(voters, votersOld, learners, addresses))
}

function asOfTheNewCluster(old: Entry): Entry {
  if (old.kind !== 'configuration') return old
  return { ...old, command: withoutIncarnations(old.command) }
}

async function copySnapshot(
  log: SegmentedLog,
  from: string,
  old: Snapshot,
  { lastIndex, lastTerm, configuration }: Snapshot,
): Promise<void> {
  const writer = log.snapshots.begin('received', { lastIndex, lastTerm, configuration })
  for (const piece of snapshotContent(new ReadOnlyDisk(from), old, crc32)) {
    await calling((done) => writer.append(piece, done))
  }
  await calling((done) => writer.finish(done))
}

function* portions(entries: readonly Entry[]): Generator<Entry[]> {
  let portion: Entry[] = []
  let bytes = 0
  for (const one of entries) {
    portion.push(one)
    bytes += one.command.length
    if (bytes < saveBytesMax) continue
    yield portion
    portion = []
    bytes = 0
  }
  if (portion.length > 0) yield portion
}

function save(log: SegmentedLog, batch: SaveBatch): Promise<void> {
  return calling((done) => log.save([batch], done))
}

function calling(call: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error === null ? resolve() : reject(error)))
  })
}
