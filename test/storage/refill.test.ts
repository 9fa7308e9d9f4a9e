/**
 * A damaged log that is given up and begun anew (src/storage/refill.ts), and the bound of terms
 * without which nobody could tell in which it has voted.
 */
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Recovered, SaveBatch } from '../../src/ports/index.ts'
import { entry } from '../../src/raft/index.ts'
import { openSegmentedLog, type SegmentedLog, type StorageError } from '../../src/storage/index.ts'
import { diskWith, endsIn, FakeDisk, WorldEnd } from './fake-disk.ts'
import { checksum, identity, smallSegmentBytes } from './harness.ts'

const margin = 2 ** 20

interface Opened {
  readonly log: SegmentedLog
  readonly recovered: Recovered
  readonly damage: StorageError | null
}

function open(disk: FakeDisk, refill = false): Opened {
  let damage: StorageError | null = null
  const log = openSegmentedLog(disk, {
    identity,
    checksum,
    random: disk.random.fork('salts'),
    soon: disk.soon,
    segmentBytes: smallSegmentBytes,
    boundsTerms: true,
    refill,
    refilled: (error) => {
      damage = error
    },
  })
  return { log, recovered: log.recover(), damage }
}

function save(disk: FakeDisk, log: SegmentedLog, batch: Partial<SaveBatch>): Error | null {
  let failure: Error | null = new Error('not done')
  const all = { currentTerm: 1, votedFor: null, truncateFrom: null, entries: [], ...batch }
  log.save([all], (error) => {
    failure = error
  })
  disk.run()
  return failure
}

function close(disk: FakeDisk, log: SegmentedLog): void {
  log.close()
  disk.run()
}

/** Some segments of entries of term 7, and a vote in term 9. */
function written(): FakeDisk {
  const disk = new FakeDisk()
  const { log } = open(disk)
  for (let index = 1; index <= 12; index++) {
    const entries = [entry(index, 7, 'command', new Uint8Array(200))]
    expect(save(disk, log, { currentTerm: 7, entries })).toBeNull()
  }
  expect(save(disk, log, { currentTerm: 9, votedFor: 's3' })).toBeNull()
  close(disk, log)
  return disk
}

/** A bit of the first frame of the log is another. */
function damaged(name = 'segment-0000000001.log', at = 560): FakeDisk {
  const files = written().contents()
  const bytes = (files.get(name) as Uint8Array).slice()
  bytes[at] = (bytes[at] as number) ^ 1
  return diskWith(new Map(files).set(name, bytes))
}

describe('a damaged log', () => {
  test('stops the server, which is told what can be done', () => {
    const disk = damaged()
    const before = disk.contents()
    expect(() => open(disk)).toThrow(
      /^\/fake\/segment-0000000001\.log at offset 512: .*; nothing was changed; .* with the option/,
    )
    expect(disk.contents()).toEqual(before)
  })

  test('is begun anew where that is asked for, past every term that it can have voted in', () => {
    const disk = damaged()
    const { log, recovered, damage } = open(disk, true)
    expect(damage?.message).toContain('segment-0000000001.log at offset 512')
    const anew = { currentTerm: margin, votedFor: null, entries: [], refillTerm: margin }
    expect(recovered).toMatchObject(anew)
    expect([...disk.contents().keys()].sort()).toEqual([
      'identity.json',
      'segment-0000000001.log',
      'terms.json',
    ])
    // Nothing of that is forgotten, and what is saved from there on is there again.
    close(disk, log)
    const again = open(disk)
    expect(again.recovered).toMatchObject(anew)
    const entries = [entry(1, 7, 'command', new Uint8Array(9))]
    expect(save(disk, again.log, { currentTerm: margin + 5, entries })).toBeNull()
    close(disk, again.log)
    const filled = open(disk)
    expect(filled.recovered).toMatchObject({ currentTerm: margin + 5, refillTerm: margin })
    expect(filled.recovered.entries).toHaveLength(1)
  })

  test('is begun anew again, each time past the terms since', () => {
    const disk = damaged()
    close(disk, open(disk, true).log)
    disk.overwrite('segment-0000000001.log', Uint8Array.of(0), 0)
    expect(() => open(disk)).toThrow(/with the option refill/)
    expect(open(disk, true).recovered.refillTerm).toBe(2 * margin)
  })

  test('is never taken for a log again, wherever the power fails meanwhile', () => {
    for (let step = 1; ; step++) {
      const disk = damaged()
      const first = disk.steps
      disk.fate = ({ number }) => {
        if (number === first + step) throw new WorldEnd()
      }
      const ended = endsIn(() => open(disk, true))
      const after = disk.afterPowerLoss(new Random(step))
      if (!ended) return
      // It was not begun with, or it is gone on with, whoever opens it.
      try {
        expect(open(after).recovered).toMatchObject({ refillTerm: margin, entries: [] })
      } catch (error) {
        expect((error as Error).message).toContain('with the option refill')
        expect(open(after, true).recovered).toMatchObject({ refillTerm: margin, entries: [] })
      }
    }
  })

  test.each(['terms.json', 'identity.json'])('stays what it is where %s is damaged too', (name) => {
    const files = damaged().contents()
    const bytes = (files.get(name) as Uint8Array).slice()
    bytes[30] = (bytes[30] as number) ^ 1
    const disk = diskWith(new Map(files).set(name, bytes))
    expect(() => open(disk, true)).toThrow(`/fake/${name} at offset 0`)
    expect(disk.contents().size).toBe(files.size)
  })

  test('without a bound of its terms cannot be begun anew', () => {
    const files = new Map(damaged().contents())
    files.delete('terms.json')
    const disk = diskWith(files)
    expect(() => open(disk, true)).toThrow(/segment-0000000001\.log at offset 512: (?!.*refill)/)
    expect(disk.contents().size).toBe(files.size)
  })
})

describe('the bound of terms', () => {
  test('is there before a term is saved that reaches it, wherever the power fails', () => {
    for (let step = 1; ; step++) {
      const disk = new FakeDisk()
      const { log } = open(disk)
      const first = disk.steps
      disk.fate = ({ number }) => {
        if (number === first + step) throw new WorldEnd()
      }
      const term = margin + 3
      const ended = endsIn(() => save(disk, log, { currentTerm: term, votedFor: 's2' }))
      const after = disk.afterPowerLoss(new Random(step))
      const { recovered, log: read } = open(after)
      close(after, read)
      // As if the log were damaged then: what it is begun anew with is past what it has saved.
      after.overwrite('segment-0000000001.log', Uint8Array.of(0), 0)
      const { refillTerm } = open(after, true).recovered
      expect(refillTerm).toBeGreaterThan(recovered.currentTerm)
      if (ended) continue
      expect(recovered).toMatchObject({ currentTerm: term, votedFor: 's2' })
      return
    }
  })

  test('that cannot be raised fails the save', () => {
    const disk = new FakeDisk()
    const { log } = open(disk)
    disk.fate = ({ what }) => {
      if (what === 'create') throw Object.assign(new Error('no disk'), { code: 'EIO' })
    }
    expect(save(disk, log, { currentTerm: margin })?.message).toContain('terms.json')
  })

  test('is written for a log that had none, once it has been found whole', () => {
    const disk = written()
    disk.remove('terms.json')
    close(disk, open(disk).log)
    expect([...disk.contents().keys()]).toContain('terms.json')
  })
})
