// A disk that fails at any one operation: the save under way is told so, nothing is tried again,
// and nothing that was acknowledged is lost, also if the disk then pretends that all is well.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { SaveBatch } from '../../src/ports/index.ts'
import { entry } from '../../src/raft/index.ts'
import { StorageError } from '../../src/storage/index.ts'
import { FakeDisk, type Step, systemError } from './fake-disk.ts'
import { drive, openLog, type Progress, recoverAndDie, recoverText } from './harness.ts'
import { type Run, randomRun, text } from './model.ts'

interface Failed extends Progress {
  readonly disk: FakeDisk
  /** The step that failed; null where the run ended before it came. */
  readonly step: Step | null
}

/** One failure of the disk, at the given step; everything after it "succeeds". */
function failAt(number: number, code: string, seed: number, run: Run): Failed {
  const disk = new FakeDisk(new Random(`${seed}/disk`))
  const progress: Progress = { begun: 0, acknowledged: 0, error: null }
  let failed: Step | null = null
  disk.fate = (step) => {
    if (step.number !== number) return
    failed = step
    throw systemError(code)
  }
  try {
    drive(disk, run, new Random(`${seed}/order`), progress)
  } catch (error) {
    progress.error = error as Error
  }
  return { ...progress, disk, step: failed }
}

function everyFailure(
  codes: readonly string[],
  check: (failed: Failed, run: Run, random: Random) => void,
): Failed[] {
  const all: Failed[] = []
  for (let seed = 0; seed < 8; seed++) {
    const run = randomRun(new Random(seed), 8, seed % 3 === 0 ? 2500 : 200)
    for (let number = 0; ; number++) {
      const failed = failAt(number, codes[number % codes.length] as string, seed, run)
      if (failed.step === null) break
      all.push(failed)
      check(failed, run, new Random(`${seed}/${number}`))
    }
  }
  return all
}

const codes = ['EIO', 'ENOSPC', 'EDQUOT', 'EFBIG'] as const

describe('a disk that fails once, at any operation', () => {
  test('loses nothing acknowledged, whether the process or the machine then ends', () => {
    const all = everyFailure(codes, ({ disk, acknowledged, begun }, run, random) => {
      const allowed = run.states.slice(acknowledged, begun + 1).map(text)
      for (let i = 0; i < 4; i++)
        expect(allowed).toContain(recoverText(disk.afterPowerLoss(random)))
      const killed = disk.afterKill()
      const recovered = recoverAndDie(killed)
      expect(allowed).toContain(recovered)
      // What the system called clean after the failed sync must by now be durable in earnest.
      for (let i = 0; i < 2; i++) expect(recoverText(killed.afterPowerLoss(random))).toBe(recovered)
    })
    expect(all.length).toBeGreaterThan(200)
  })

  test('is named in one line, with the file', () => {
    everyFailure(codes, ({ error, step }) => {
      if (error === null) return
      expect(error).toBeInstanceOf(StorageError)
      const { code, message } = error as StorageError
      const cause = error.cause as { code?: string }
      expect(code).toBe(cause.code === 'EIO' ? 'IO' : 'FULL')
      expect(message).toMatch(
        /^cannot (open|read|write|make) \/fake.*nothing .* acknowledged is lost/,
      )
      expect(message).not.toContain('\n')
      if (code === 'FULL') expect(message).toContain('make room on the disk')
      if (step?.what === 'write' && /^cannot write/.test(message)) {
        expect(message).toMatch(new RegExp(`/fake/${step.name} at offset \\d+: `))
      }
    })
  })

  test('fails the save during which it fails, unless that was a segment made ahead', () => {
    const all = everyFailure(codes, () => {})
    const unnoticed = all.filter(({ error, begun, step }) => {
      const isDuringSave = begun > 0 && (step?.what === 'write' || step?.what === 'sync')
      return error === null && isDuringSave && !step.name.endsWith('.tmp')
    })
    // The seals of the very end and of full segments: no save comes after them to be told.
    for (const { acknowledged, begun } of unnoticed) expect(begun).toBe(acknowledged)
    const ahead = all.filter(({ step }) => step?.what === 'create' && step.number > 10)
    expect(ahead.length).toBeGreaterThan(10)
    expect(ahead.filter(({ error }) => error === null).length).toBeGreaterThan(ahead.length / 2)
  })
})

function batch(index: number, bytes = 10): SaveBatch {
  const command = new Uint8Array(bytes).fill(1)
  const entries = [entry(index, 1, 'command', command)]
  return { currentTerm: 1, votedFor: null, truncateFrom: null, entries }
}

/** What `done` says; undefined where it was not called. */
function save(
  log: { save: ReturnType<typeof openLog>['save'] },
  disk: FakeDisk,
  ...batches: SaveBatch[]
): Error | null | undefined {
  let result: Error | null | undefined
  log.save(batches, (error) => {
    result = error
  })
  disk.run()
  return result
}

test('after a failed sync nothing is tried again, and every save is told the same', () => {
  const disk = new FakeDisk(new Random(1))
  const log = openLog(disk)
  log.recover()
  expect(save(log, disk, batch(1))).toBe(null)
  let syncs = 0
  disk.fate = ({ what }) => {
    if (what === 'sync' && syncs++ === 0) throw systemError('EIO')
  }
  const error = save(log, disk, batch(2))
  expect(error).toMatchObject({ code: 'IO' })
  const { steps } = disk
  expect(save(log, disk, batch(3))).toBe(error)
  expect(save(log, disk, batch(3))).toBe(error)
  let closedWith: Error | null | undefined
  log.close((closeError) => {
    closedWith = closeError
  })
  disk.run()
  expect(closedWith).toBe(error)
  expect(disk.steps).toBe(steps)
  expect(syncs).toBe(1)
})

test('a full disk is no reason to stop before the space is needed', () => {
  const disk = new FakeDisk(new Random(1))
  const log = openLog(disk)
  log.recover()
  let isFull = true
  let refusals = 0
  disk.fate = ({ what }) => {
    if (what !== 'create' || !isFull) return
    refusals++
    throw systemError('ENOSPC')
  }
  expect(save(log, disk, batch(1))).toBe(null)
  expect(save(log, disk, batch(2))).toBe(null)
  expect(refusals).toBe(1)
  isFull = false
  expect(save(log, disk, batch(3))).toBe(null)
  isFull = true
  let index = 4
  while (save(log, disk, batch(index)) === null) index++
  expect(index).toBeGreaterThan(4)
  const recovered = openLog(disk.afterKill()).recover()
  expect(recovered.entries.map((e) => e.index)).toEqual(
    Array.from({ length: index - 1 }, (_, i) => i + 1),
  )
})

test('a seal that cannot be written is told to the next save, even one that waits', () => {
  for (const waits of [false, true]) {
    const disk = new FakeDisk(new Random(1))
    const log = openLog(disk)
    log.recover()
    let result: Error | null | undefined
    log.save([batch(1)], () => {
      disk.fate = ({ what }) => {
        if (what !== 'write') return
        disk.fate = () => {}
        throw systemError('EIO')
      }
      // Called when the seal has been started, or long after it has failed.
      const next = (): void => log.save([batch(2)], (error) => (result = error))
      if (waits) disk.soon(() => disk.soon(next))
    })
    disk.run()
    if (!waits) result = save(log, disk, batch(2))
    expect(result).toMatchObject({ code: 'IO', file: 'segment-0000000001.log' })
  }
})
