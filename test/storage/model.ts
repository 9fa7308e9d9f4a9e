/**
 * The naive twin: what stable storage must hold after each batch, as plain data, and a source of
 * runs that keep the log's rules.
 */
import * as fc from 'fast-check'
import { Random } from '../../src/base/random.ts'
import type { Recovered, SaveBatch } from '../../src/ports/index.ts'
import { type Entry, entry } from '../../src/raft/index.ts'

export const emptyState: Recovered = {
  currentTerm: 0,
  votedFor: null,
  entries: [],
  snapshot: null,
}

export function stateAfter(state: Recovered, batch: SaveBatch): Recovered {
  const kept = state.entries.filter(({ index }) => index < (batch.truncateFrom ?? Infinity))
  const { currentTerm, votedFor } = batch
  return { currentTerm, votedFor, entries: [...kept, ...batch.entries] }
}

export function stateAfterAll(state: Recovered, batches: readonly SaveBatch[]): Recovered {
  return batches.reduce(stateAfter, state)
}

/** One line for a state: equal lines, equal states. */
export function text({ currentTerm, votedFor, entries }: Recovered): string {
  const log = entries.map(
    ({ index, term, kind, command }) =>
      `${index}@${term} ${kind} ${Buffer.from(command).toString('base64')}`,
  )
  return `term ${currentTerm} vote ${JSON.stringify(votedFor)} log [${log.join(', ')}]`
}

export interface Run {
  /** Each is given to one call of `save`. */
  readonly saves: readonly (readonly SaveBatch[])[]
  /** What must be recovered after the first n saves. */
  readonly states: readonly Recovered[]
}

/** A run of `length` saves, drawn from `random`, that goes on from `begin`. */
export function randomRun(
  random: Random,
  length: number,
  commandBytesMax: number,
  begin: Recovered = emptyState,
): Run {
  const saves: SaveBatch[][] = []
  const states: Recovered[] = [begin]
  for (let i = 0; i < length; i++) {
    const batches: SaveBatch[] = []
    let state = states.at(-1) as Recovered
    for (let n = random.integer(1, 3); n > 0; n--) {
      const batch = randomBatch(random, state, commandBytesMax)
      batches.push(batch)
      state = stateAfter(state, batch)
    }
    saves.push(batches)
    states.push(state)
  }
  return { saves, states }
}

const voters = ['s1', 'localhost:5001', 'é'] as const

const kinds = ['command', 'command', 'session', 'configuration'] as const

function randomBatch(random: Random, state: Recovered, commandBytesMax: number): SaveBatch {
  let { currentTerm, votedFor } = state
  if (currentTerm === 0 || random.chance(0.3)) {
    currentTerm += random.integer(1, 3)
    votedFor = null
  }
  if (votedFor === null && random.chance(0.4)) votedFor = random.pick(voters)
  const last = state.entries.length
  const truncateFrom = last > 0 && random.chance(0.25) ? random.integer(1, last + 1) : null
  const kept = truncateFrom === null ? last : truncateFrom - 1
  const entries: Entry[] = []
  let term = state.entries[kept - 1]?.term ?? 1
  for (let n = random.integer(0, 3); n > 0; n--) {
    term = random.integer(term, currentTerm)
    const command = randomBytes(random, commandBytesMax)
    const kind = command.length === 0 && random.chance(0.5) ? 'noop' : random.pick(kinds)
    entries.push(entry(kept + entries.length + 1, term, kind, command))
  }
  return { currentTerm, votedFor, truncateFrom, entries }
}

function randomBytes(random: Random, bytesMax: number): Uint8Array {
  const bytes = new Uint8Array(random.integer(0, bytesMax))
  // Long stretches of zeros are what a torn write looks like.
  const isZeros = random.chance(0.3)
  for (let i = 0; i < bytes.length; i++) bytes[i] = isZeros ? 0 : random.integer(0, 255)
  return bytes
}

/** Runs for fast-check. */
export function arbitraryRun(length: number, commandBytesMax: number): fc.Arbitrary<Run> {
  return fc.integer().map((seed) => randomRun(new Random(seed), length, commandBytesMax))
}
