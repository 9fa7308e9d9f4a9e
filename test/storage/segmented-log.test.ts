// What the log writes, and when: one durable write per save, seals only when idle, segments made
// before they are needed, and saves of any size.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { SaveBatch } from '../../src/ports/index.ts'
import { entry } from '../../src/raft/index.ts'
import { openSegmentedLog, type SegmentedLog } from '../../src/storage/index.ts'
import { endsIn, FakeDisk, type Step, WorldEnd } from './fake-disk.ts'
import { checksum, identity, openLog, recoverState, recoverText } from './harness.ts'
import { emptyState, text } from './model.ts'

function batch(index: number, bytes = 10): SaveBatch {
  const entries = [entry(index, 1, 'command', new Uint8Array(bytes).fill(index))]
  return { currentTerm: 1, votedFor: null, truncateFrom: null, entries }
}

/** A new log on a disk that keeps a list of its steps. */
function opened(segmentBytes = 2048): { disk: FakeDisk; log: SegmentedLog; steps: Step[] } {
  const disk = new FakeDisk(new Random(7))
  const log = openLog(disk, segmentBytes)
  log.recover()
  const steps: Step[] = []
  disk.fate = (step) => {
    steps.push(step)
  }
  return { disk, log, steps }
}

function names(steps: readonly Step[]): string[] {
  return steps.map(({ what, name }) => `${what} ${name}`)
}

const first = 'segment-0000000001.log'
const second = 'segment-0000000002.log'

describe('a save', () => {
  test('is one write and one sync, however many batches and entries it has', () => {
    const { disk, log, steps } = opened(65_536)
    log.save([batch(1)], () => {})
    disk.run()
    steps.length = 0
    const batches = Array.from({ length: 50 }, (_, i) => batch(i + 2))
    let steps1 = 0
    log.save(batches, () => {
      steps1 = steps.length
    })
    disk.run()
    expect(names(steps).slice(0, steps1)).toEqual([`write ${first}`, `sync ${first}`])
  })

  test('is followed by a seal, without a sync, only where nothing follows at once', () => {
    const { disk, log, steps } = opened(65_536)
    log.save([batch(1)], () => {})
    disk.run()
    steps.length = 0
    log.save([batch(2)], () => log.save([batch(3)], () => {}))
    disk.run()
    expect(names(steps)).toEqual([
      `write ${first}`,
      `sync ${first}`,
      `write ${first}`,
      `sync ${first}`,
      `write ${first}`,
    ])
  })

  test('is sealed only once nothing has followed for a while', () => {
    const disk = new FakeDisk(new Random(7))
    const waiting: (() => void)[] = []
    const later = (callback: () => void): void => void waiting.push(callback)
    const random = new Random('later')
    const log = openSegmentedLog(disk, { identity, checksum, random, soon: disk.soon, later })
    log.recover()
    const steps: Step[] = []
    disk.fate = (step) => {
      steps.push(step)
    }
    const isSealed = (): boolean => names(steps).at(-1) === `write ${first}`
    const wakeAll = (): void => {
      for (const wake of waiting.splice(0)) wake()
      disk.run()
    }
    log.save([batch(1)], () => {})
    disk.run()
    const [wakeEarly] = waiting.splice(0)
    log.save([batch(2)], () => {})
    disk.run()
    // What was to seal the first finds a second, and leaves it to that one's own.
    wakeEarly?.()
    disk.run()
    expect(isSealed()).toBe(false)
    wakeAll()
    expect(isSealed()).toBe(true)
  })

  test('that says nothing new touches no disk', () => {
    const { disk, log, steps } = opened()
    log.save([batch(1)], () => {})
    disk.run()
    steps.length = 0
    log.save([{ currentTerm: 1, votedFor: null, truncateFrom: null, entries: [] }], () => {})
    disk.run()
    expect(steps).toEqual([])
  })

  test('above the limit is refused before anything is written', () => {
    const { disk, log, steps } = opened()
    const command = new Uint8Array(1024 * 1024)
    const entries = Array.from({ length: 1024 }, (_, i) => entry(i + 1, 1, 'command', command))
    let result: Error | null | undefined
    log.save([{ currentTerm: 1, votedFor: null, truncateFrom: null, entries }], (error) => {
      result = error
    })
    disk.run()
    expect(result).toMatchObject({ code: 'TOO_LARGE' })
    expect(steps).toEqual([])
  })
})

describe('segments', () => {
  test('are made ahead: the save that needs the next one does not wait for it', () => {
    const { disk, log, steps } = opened()
    log.save([batch(1)], () => {})
    disk.run()
    expect(names(steps)).toContain(`rename ${second}`)
    log.save([batch(2)], () => {})
    disk.run()
    steps.length = 0
    log.save([batch(3)], () => {})
    disk.run()
    expect(names(steps).slice(0, 2)).toEqual([`write ${second}`, `sync ${second}`])
  })

  test('are of their own size for a save that is larger, also the very first', () => {
    for (const before of [0, 1, 2]) {
      const { disk, log } = opened()
      for (let index = 1; index <= before; index++) {
        log.save([batch(index)], () => {})
        disk.run()
      }
      let result: Error | null | undefined
      log.save([batch(before + 1, 10_000)], (error) => {
        result = error
      })
      disk.run()
      expect(result).toBe(null)
      log.save([batch(before + 2)], () => {})
      disk.run()
      const sizes = [...disk.contents().values()].map(({ length }) => length)
      expect(Math.max(...sizes)).toBe(512 * 22)
      expect(recoverState(disk.afterKill()).entries).toHaveLength(before + 2)
    }
  })

  test('a first save larger than a segment may be interrupted at any step', () => {
    let crashes = 0
    for (let endAt = 0; ; endAt++) {
      const { disk, log } = opened()
      const begin = disk.steps
      disk.fate = ({ number }) => {
        if (number === begin + endAt) throw new WorldEnd()
      }
      log.save([batch(1, 10_000)], () => {})
      if (!endsIn(() => disk.run())) break
      crashes++
      for (let seed = 0; seed < 20; seed++) {
        const recovered = recoverText(disk.afterPowerLoss(new Random(seed)))
        const entries = batch(1, 10_000).entries
        expect([text(emptyState), text({ currentTerm: 1, votedFor: null, entries })]).toContain(
          recovered,
        )
      }
    }
    expect(crashes).toBeGreaterThan(5)
  })
})

describe('the life of a log', () => {
  test('what was recovered is asked for once, and before anything is saved', () => {
    const disk = new FakeDisk()
    const log = openLog(disk)
    expect(() => log.save([batch(1)], () => {})).toThrow('before what was there has been recovered')
    log.recover()
    expect(() => log.recover()).toThrow('asked for once')
  })

  test('close seals what is there, durably, and may be called from inside done', () => {
    const { disk, log } = opened()
    let closed: Error | null | undefined
    log.save([batch(1)], () =>
      log.close((error) => {
        closed = error
      }),
    )
    disk.run()
    expect(closed).toBe(null)
    const files = disk.afterPowerLoss(new Random(3)).contents()
    const bytes = Buffer.from(files.get(first) as Uint8Array)
    expect(bytes.toString('latin1', 1024, 1028)).toBe('KTKM')
    expect(bytes.readUInt32LE(1028)).toBe(2)
  })

  test('once it says that it is closed, nothing of it touches the disk any more', () => {
    for (let seed = 0; seed < 50; seed++) {
      const disk = new FakeDisk(new Random(seed))
      const log = openLog(disk)
      log.recover()
      // Closed when a segment has just been left, another is being made, or a seal is on its way.
      const saves = 1 + (seed % 5)
      let stepsAtClose = -1
      const next = (index: number): void => {
        if (index <= saves) log.save([batch(index)], () => next(index + 1))
        else log.close(() => (stepsAtClose = disk.steps))
      }
      next(1)
      disk.run()
      expect(disk.steps).toBe(stepsAtClose)
    }
  })

  test('close of a log without entries writes nothing', () => {
    const { disk, log, steps } = opened()
    log.close()
    disk.run()
    expect(steps).toEqual([])
    expect(() => log.close()).toThrow('closed once')
  })
})
