// Looking at a directory without changing it: it says what opening would find, or what opening
// would refuse, whatever was done to the directory before.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { entry } from '../../src/raft/index.ts'
import { type Inspection, inspectDirectory, StorageError } from '../../src/storage/index.ts'
import { diskWith, FakeDisk } from './fake-disk.ts'
import { checksum, identity, openLog } from './harness.ts'
import { text } from './model.ts'
import { type Books, live, wait } from './snapshot-harness.ts'

type Files = ReadonlyMap<string, Uint8Array>

/** What a server leaves that has saved, taken snapshots, and received some. */
function filesOf(seed: string, steps: number): Files {
  const random = new Random(seed)
  const disk = new FakeDisk(random.fork('disk'))
  const log = openLog(disk)
  log.recover()
  const books: Books = { entries: [], coveredFrom: 0, coveredTo: 0, lastIndex: 0, term: 1 }
  live(log, disk, random, books, steps)
  log.close()
  disk.run()
  return disk.contents()
}

function look(files: Files): Inspection {
  const disk = diskWith(files)
  const inspection = inspectDirectory(disk, checksum)
  const changed = [...disk.contents()].filter(([name, bytes]) => {
    return Buffer.compare(bytes, files.get(name) ?? new Uint8Array()) !== 0
  })
  expect([changed, disk.contents().size]).toEqual([[], files.size])
  return inspection
}

function problems({ identity: whose, log, snapshot }: Inspection): StorageError[] {
  return [whose, log, snapshot].flatMap(({ problem }) => (problem === null ? [] : [problem]))
}

/** What opening says: its state as text, or the place that it refuses. */
function opened(files: Files): string {
  const disk = diskWith(files)
  try {
    return text(openLog(disk).recover())
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    return place(error)
  }
}

function place({ code, file, offset }: StorageError): string {
  return `${code} ${file} ${offset}`
}

function seen(inspection: Inspection): string {
  const { log, snapshot } = inspection
  if (log.value === null) return 'nothing'
  const { currentTerm, votedFor, entries } = log.value
  return text({ currentTerm, votedFor, entries, snapshot: snapshot.value })
}

describe('what is seen of a directory', () => {
  test.each(['a', 'b', 'c', 'd', 'e', 'f'])('is what opening finds there: %s', (seed) => {
    const files = filesOf(seed, 25)
    const inspection = look(files)
    expect(problems(inspection)).toEqual([])
    expect(seen(inspection)).toBe(opened(files))
    expect(inspection.identity.value).toMatchObject({
      serverId: identity.serverId,
      servers: identity.servers,
    })
    const segments = [...files.keys()].filter((name) => name.startsWith('segment-'))
    expect(inspection.segments.map(({ name }) => name)).toEqual(segments.sort())
    const { log, snapshot } = inspection
    const last = log.value?.entries.at(-1)?.index ?? snapshot.value?.lastIndex
    expect(log.value?.lastIndex).toBe(last)
  })

  test('after any one bit has flipped is what opening finds, or what it refuses', () => {
    const random = new Random('flips')
    const verdicts = { harmless: 0, refused: 0 }
    for (const seed of ['a', 'b', 'c']) {
      const files = filesOf(seed, 12)
      for (let flips = 0; flips < 150; flips++) {
        const name = random.pick([...files.keys()].sort())
        const bytes = (files.get(name) as Uint8Array).slice()
        const at = random.integer(0, bytes.length - 1)
        bytes[at] = (bytes[at] as number) ^ (1 << random.integer(0, 7))
        const damaged = new Map(files).set(name, bytes)
        const inspection = look(damaged)
        const told = problems(inspection).map(place)
        const expected = opened(damaged)
        if (told.length === 0) expect(seen(inspection)).toBe(expected)
        else expect(told).toContain(expected)
        verdicts[told.length === 0 ? 'harmless' : 'refused'] += 1
      }
    }
    // Both happen often enough to mean something.
    expect(verdicts.harmless).toBeGreaterThan(20)
    expect(verdicts.refused).toBeGreaterThan(50)
  })

  test('after any file has gone is what opening refuses, or what it takes for new', () => {
    const files = filesOf('b', 20)
    for (const name of files.keys()) {
      const rest = new Map(files)
      rest.delete(name)
      const told = problems(look(rest)).map(place)
      const expected = opened(rest)
      if (name === 'identity.json') expect(look(rest).identity).toMatchObject({ value: null })
      else if (told.length > 0) expect(told).toContain(expected)
      else expect(seen(look(rest))).toBe(expected)
    }
  })

  test('misses a segment that is gone from between others', () => {
    const disk = new FakeDisk(new Random('many'))
    const log = openLog(disk)
    log.recover()
    for (let index = 1; index <= 12; index++) {
      const entries = [entry(index, 1, 'command', new Uint8Array(700))]
      const batch = { currentTerm: 1, votedFor: null, truncateFrom: null, entries }
      wait(disk, (done) => log.save([batch], done))
    }
    log.close()
    disk.run()
    const files = new Map(disk.contents())
    expect(files.delete('segment-0000000003.log')).toBe(true)
    const { log: seenLog } = look(files)
    expect(seenLog.problem).toMatchObject({ code: 'LOST', file: 'segment-0000000003.log' })
    expect(opened(files)).toBe('LOST segment-0000000003.log null')
  })

  test('is nothing where nothing is', () => {
    const inspection = look(new Map())
    const nothing = { value: null, problem: null }
    expect(inspection).toEqual({
      identity: nothing,
      cluster: nothing,
      log: nothing,
      snapshot: nothing,
      starts: nothing,
      terms: nothing,
      segments: [],
    })
  })

  test('is the log alone, where the snapshot is damaged', () => {
    const [files] = ['a', 'b', 'c', 'd']
      .map((seed) => filesOf(seed, 25))
      .filter((all) => [...all.keys()].some((name) => name.endsWith('.snap')))
    const name = [...(files as Files).keys()].find((one) => one.endsWith('.snap')) as string
    const bytes = ((files as Files).get(name) as Uint8Array).slice()
    bytes[20] = (bytes[20] as number) ^ 1
    const { log, snapshot } = look(new Map(files).set(name, bytes))
    expect(snapshot.problem).toMatchObject({ code: 'CORRUPT', file: name, offset: 0 })
    expect(log.problem).toBe(null)
    expect(log.value?.currentTerm).toBeGreaterThan(0)
  })
})
