// Damage, bit by bit and file by file, over a small data directory: it is never recovered from
// wrongly. Either it is harmless, or it stops the server with the file and the offset named.
import { beforeAll, describe, expect, test } from 'vitest'
import { bytesEqual, noBytes } from '../../src/base/bytes.ts'
import { Random } from '../../src/base/random.ts'
import type { Recovered, SaveBatch } from '../../src/ports/index.ts'
import { type Entry, entry } from '../../src/raft/index.ts'
import { StorageError } from '../../src/storage/index.ts'
import { diskWith, endsIn, FakeDisk, WorldEnd } from './fake-disk.ts'
import { drive, openLog, recoverText } from './harness.ts'
import { emptyState, type Run, stateAfter, text } from './model.ts'

type Files = ReadonlyMap<string, Uint8Array>

interface Outcome {
  readonly recovered: string | null
  readonly error: StorageError | null
  readonly notes: readonly string[]
}

function openDamaged(files: Files): Outcome {
  const disk = diskWith(files)
  try {
    const log = openLog(disk)
    return { recovered: text(log.recover()), error: null, notes: log.notes }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    if (!sameFiles(disk.contents(), files)) throw new Error('the refused directory was changed')
    return { recovered: null, error, notes: [] }
  }
}

function sameFiles(a: Files, b: Files): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([name, bytes]) => bytesEqual(bytes, b.get(name) ?? noBytes))
}

/** What is wrong with the message, which must name the place; null where nothing is. */
function misnamed({ code, file, offset, message }: StorageError): string | null {
  const place = `/fake/${file} at offset ${offset}: `
  const isGood = message.startsWith(place) && message.includes('; nothing was changed; ')
  return code === 'CORRUPT' && isGood && !message.includes('\n') ? null : `${code} ${message}`
}

function withFile(files: Files, name: string, bytes: Uint8Array | null): Files {
  const changed = new Map(files)
  if (bytes === null) changed.delete(name)
  else changed.set(name, bytes)
  return changed
}

function flipBit(files: Files, name: string, bit: number): Files {
  const bytes = (files.get(name) as Uint8Array).slice()
  bytes[bit >>> 3] = (bytes[bit >>> 3] as number) ^ (1 << (bit & 7))
  return withFile(files, name, bytes)
}

function command(index: number, term: number, bytes: number): Entry {
  return entry(index, term, 'command', new Uint8Array(bytes).fill(64 + index))
}

/** A vote, entries, a conflict and a frame of two sectors: two segments full, a third prepared. */
const saves: readonly SaveBatch[] = [
  { currentTerm: 1, votedFor: 's2', truncateFrom: null, entries: [command(1, 1, 100)] },
  { currentTerm: 2, votedFor: null, truncateFrom: null, entries: [command(2, 2, 60)] },
  { currentTerm: 3, votedFor: 's1', truncateFrom: 2, entries: [entry(2, 3, 'noop', noBytes)] },
  { currentTerm: 3, votedFor: 's1', truncateFrom: null, entries: [command(3, 3, 40)] },
]
const states: Recovered[] = [emptyState]
for (const batch of saves) states.push(stateAfter(states.at(-1) as Recovered, batch))
const run: Run = { saves: saves.map((batch) => [batch]), states }
const second = 'segment-0000000002.log'
const whole: string = text(run.states.at(-1) as Run['states'][0])

/** The directory after the run: closed in order, so that its last frame is sealed. */
function closedDirectory(): Files {
  const disk = new FakeDisk(new Random(1))
  drive(disk, run, new Random(1), { begun: 0, acknowledged: 0, error: null })
  return disk.contents()
}

/** The same, cut off by a crash as soon as the last save is durable: no seal. */
function unsealedDirectory(): Files {
  const disk = new FakeDisk(new Random(1))
  let last = false
  disk.fate = ({ what }) => {
    if (last && what === 'write') throw new WorldEnd()
  }
  const progress = {
    begun: 0,
    error: null,
    count: 0,
    get acknowledged(): number {
      return this.count
    },
    set acknowledged(count: number) {
      this.count = count
      last = count === run.saves.length
    },
  }
  expect(endsIn(() => drive(disk, run, new Random(1), progress))).toBe(true)
  return disk.contents()
}

let closed: Files
let unsealed: Files

beforeAll(() => {
  closed = closedDirectory()
  unsealed = unsealedDirectory()
})

describe('the directory that is damaged', () => {
  test('has several segments, one of them a spare, and is recovered as it is', () => {
    expect([...closed.keys()].sort()).toEqual([
      'identity.json',
      'segment-0000000001.log',
      'segment-0000000002.log',
      'segment-0000000003.log',
    ])
    expect(openDamaged(closed)).toEqual({ recovered: whole, error: null, notes: [] })
    expect(openDamaged(unsealed)).toEqual({ recovered: whole, error: null, notes: [] })
  })
})

/** Opens the directory with each bit of a file flipped in turn; the texts that are not null. */
function flipEveryBit(
  files: Files,
  name: string,
  judge: (outcome: Outcome) => string | null,
): string[] {
  const problems: string[] = []
  // Most of the time would go into stack traces that nobody reads.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const bits = 8 * (files.get(name) as Uint8Array).length
  for (let bit = 0; bit < bits; bit++) {
    const problem = judge(openDamaged(flipBit(files, name, bit)))
    if (problem !== null) problems.push(`${name}, bit ${bit}: ${problem}`)
  }
  Error.stackTraceLimit = stackTraceLimit
  return problems
}

describe('a bit that flips', () => {
  test.each([
    // Of every bit of the identity; of the header and the frames, and of the zeros behind them.
    ['identity.json', 0],
    ['segment-0000000001.log', 8 * 512],
    ['segment-0000000002.log', 8 * 512],
    ['segment-0000000003.log', 8 * 1536],
  ])('in %s of a closed directory, is harmless or stops the server', (name, harmlessMin) => {
    let harmless = 0
    let stopped = 0
    const problems = flipEveryBit(closed, name, ({ recovered, error }) => {
      if (error !== null) {
        stopped++
        return misnamed(error)
      }
      harmless++
      return recovered === whole ? null : recovered
    })
    expect(problems).toEqual([])
    expect(harmless).toBeGreaterThanOrEqual(harmlessMin)
    expect(stopped).toBeGreaterThan(1000)
  })

  test('may cut the last save only where no seal followed it yet, and that is said', () => {
    const withoutLast = text(run.states.at(-2) as Recovered)
    const note = /^\/fake\/segment-0000000002.log at offset \d+: .* was cut, \d+ bytes; /
    let cut = 0
    const problems = flipEveryBit(unsealed, second, ({ recovered, error, notes }) => {
      if (error !== null) return misnamed(error)
      if (recovered === whole) return null
      cut++
      return recovered === withoutLast && note.test(notes.join()) ? null : `${recovered} ${notes}`
    })
    expect(problems).toEqual([])
    expect(cut).toBeGreaterThan(1000)
  })
})

describe('a file', () => {
  test('that is cut short or grows stops the server', () => {
    for (const [name, bytes] of closed) {
      const lengths = Array.from({ length: bytes.length }, (_, length) => length)
      for (const length of [...lengths, bytes.length + 1, bytes.length + 512]) {
        const changed = new Uint8Array(length)
        changed.set(bytes.subarray(0, length))
        const { error } = openDamaged(withFile(closed, name, changed))
        expect(error?.code).toBe('CORRUPT')
        expect(error?.file).toBe(name)
      }
    }
  })

  test('that is missing stops the server, unless it was prepared and never used', () => {
    const outcomes = [...closed.keys()]
      .sort()
      .map((name) => openDamaged(withFile(closed, name, null)))
    expect(outcomes.map(({ error }) => error?.code ?? 'harmless')).toEqual([
      'CORRUPT',
      'LOST',
      'LOST',
      'harmless',
    ])
    expect(outcomes[3]?.recovered).toBe(whole)
  })

  test('that is missing at the end is told by the one before it', () => {
    const first = withFile(withFile(closed, 'segment-0000000003.log', null), second, null)
    expect(openDamaged(first).error?.message).toMatch(
      /^\/fake\/segment-0000000002.log at offset 512: .* yet segment-0000000001.log says at offset/,
    )
  })

  test('that is missing in the middle, or with all others, is a loss', () => {
    const only = (...names: string[]): Files =>
      new Map([...closed].filter(([name]) => names.includes(name)))
    const gone = openDamaged(only('identity.json')).error
    expect(gone?.code).toBe('LOST')
    expect(gone?.message).toContain('/fake/segment-0000000001.log is missing')
    const hole = openDamaged(
      only('identity.json', 'segment-0000000001.log', 'segment-0000000003.log'),
    )
    expect(hole.error?.code).toBe('LOST')
    expect(hole.error?.message).toContain('/fake/segment-0000000002.log is missing')
  })

  test('of another log, or in the place of another, stops the server', () => {
    const other = new FakeDisk(new Random(2))
    drive(other, run, new Random(1), { begun: 0, acknowledged: 0, error: null })
    for (const [name, bytes] of other.contents()) {
      if (name === 'identity.json') continue
      const foreign = openDamaged(withFile(closed, name, bytes)).error
      expect(foreign?.message).toMatch(/at offset 32: the file belongs to another log/)
    }
    const first = closed.get('segment-0000000001.log') as Uint8Array
    const moved = openDamaged(withFile(closed, 'segment-0000000002.log', first)).error
    expect(moved?.message).toMatch(/segment-0000000002.log at offset 16: .*made as number 1/)
  })

  test('that is not ours is left alone', () => {
    const files = new Map(closed)
    const mine = ['notes.txt', 'segment-1.log', 'segment-0000000001.log.bak', 'other.tmp']
    for (const name of mine) files.set(name, new Uint8Array([1]))
    files.set('segment-0000000004.log.tmp', new Uint8Array([1]))
    const disk = diskWith(files)
    expect(recoverText(disk)).toBe(whole)
    expect([...disk.contents().keys()].sort()).toEqual([...closed.keys(), ...mine].sort())
  })
})

describe('a range that turns into zeros', () => {
  test('is harmless or stops the server, sector by sector', () => {
    for (const [name, bytes] of closed) {
      for (let at = 0; at < bytes.length; at += 512) {
        const changed = bytes.slice()
        changed.fill(0, at, at + 512)
        const { recovered, error } = openDamaged(withFile(closed, name, changed))
        if (error === null) expect(recovered).toBe(whole)
        else expect(misnamed(error)).toBe(null)
      }
    }
  })
})
