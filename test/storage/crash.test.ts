// A crash at every step of a run: whatever the disk kept of what was not synced, all that was
// acknowledged is recovered, whole saves only, and what was once recovered stays.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Recovered } from '../../src/ports/index.ts'
import { endsIn, FakeDisk, WorldEnd } from './fake-disk.ts'
import { drive, driveLog, openLog, type Progress, recoverAndDie, recoverText } from './harness.ts'
import { emptyState, type Run, randomRun, text } from './model.ts'

interface Crashed extends Progress {
  readonly disk: FakeDisk
  /** False where the run ended before the step came. */
  readonly hasCrashed: boolean
}

function crashAt(step: number, seed: number, run: Run): Crashed {
  const disk = new FakeDisk(new Random(`${seed}/disk`))
  const progress: Progress = { begun: 0, acknowledged: 0, error: null }
  disk.fate = ({ number }) => {
    if (number === step) throw new WorldEnd()
  }
  const hasCrashed = endsIn(() => drive(disk, run, new Random(`${seed}/order`), progress))
  return { ...progress, disk, hasCrashed }
}

/** What may be recovered: the acknowledged saves, and perhaps the one that was under way. */
function allowed(run: Run, { acknowledged, begun }: Progress): string[] {
  return run.states.slice(acknowledged, begun + 1).map(text)
}

/** For a number of runs: every step at which the world can end. */
function everyCrash(check: (crashed: Crashed, run: Run, random: Random) => void): number {
  let crashes = 0
  for (let seed = 0; seed < 6; seed++) {
    const run = randomRun(new Random(seed), 10, seed % 3 === 0 ? 2500 : 200)
    for (let step = 0; ; step++) {
      const crashed = crashAt(step, seed, run)
      if (!crashed.hasCrashed) {
        expect(crashed.acknowledged).toBe(run.saves.length)
        break
      }
      crashes++
      check(crashed, run, new Random(`${seed}/${step}`))
    }
  }
  return crashes
}

describe('a crash at any step', () => {
  test('a power failure loses nothing acknowledged and invents nothing', () => {
    const crashes = everyCrash((crashed, run, random) => {
      for (let i = 0; i < 4; i++) {
        const disk = crashed.disk.afterPowerLoss(random)
        const recovered = recoverText(disk)
        expect(allowed(run, crashed)).toContain(recovered)
        expect(recoverText(disk.afterPowerLoss(random))).toBe(recovered)
      }
    })
    expect(crashes).toBeGreaterThan(250)
  })

  test('what a killed process left is recovered, and no power failure loses it then', () => {
    everyCrash((crashed, run, random) => {
      const disk = crashed.disk.afterKill()
      const recovered = recoverAndDie(disk)
      expect(allowed(run, crashed)).toContain(recovered)
      for (let i = 0; i < 3; i++) {
        expect(recoverText(disk.afterPowerLoss(random))).toBe(recovered)
      }
    })
  })

  test('the same holds when recovery itself is interrupted', () => {
    everyCrash((crashed, run, random) => {
      const disk = crashed.disk.afterPowerLoss(random)
      const endAt = random.integer(0, 8)
      disk.fate = ({ number }) => {
        if (number === endAt) throw new WorldEnd()
      }
      endsIn(() => recoverText(disk))
      expect(allowed(run, crashed)).toContain(recoverText(disk.afterPowerLoss(random)))
    })
  })

  test('the same holds when a process was killed, and then the power fails during recovery', () => {
    everyCrash((crashed, run, random) => {
      const disk = crashed.disk.afterKill()
      const endAt = random.integer(0, 12)
      disk.fate = ({ number }) => {
        if (number === endAt) throw new WorldEnd()
      }
      endsIn(() => recoverText(disk))
      for (let i = 0; i < 3; i++) {
        expect(allowed(run, crashed)).toContain(recoverText(disk.afterPowerLoss(random)))
      }
    })
  })

  test('the log goes on after it', () => {
    everyCrash((crashed, _run, random) => {
      const disk = crashed.disk.afterPowerLoss(random)
      const log = openLog(disk)
      const state = log.recover()
      const batch = {
        currentTerm: state.currentTerm + 1,
        votedFor: 's2',
        truncateFrom: null,
        entries: [],
      }
      let result: Error | null | undefined
      log.save([batch], (error) => {
        result = error
      })
      disk.run()
      expect(result).toBe(null)
      const { currentTerm, votedFor } = batch
      const then = text({ ...state, currentTerm, votedFor })
      expect(recoverText(disk.afterPowerLoss(random))).toBe(then)
    })
  })
})

/** One life: opens what is there, saves some, and ends at a step or in order. */
function live(disk: FakeDisk, allowed: readonly Recovered[], random: Random): readonly Recovered[] {
  const endAt = disk.steps + random.integer(0, 60)
  disk.fate = ({ number }) => {
    if (number === endAt) throw new WorldEnd()
  }
  const progress: Progress = { begun: 0, acknowledged: 0, error: null }
  let states = allowed
  let isOpen = false
  endsIn(() => {
    const log = openLog(disk)
    const recovered = log.recover()
    expect(allowed.map(text)).toContain(text(recovered))
    // From here on the server may have told others of it.
    isOpen = true
    const run = randomRun(random, random.integer(0, 6), random.pick([20, 200, 2500]), recovered)
    states = run.states
    driveLog(log, disk, run, random, progress)
  })
  expect(progress.error).toBe(null)
  return isOpen ? states.slice(progress.acknowledged, progress.begun + 1) : states
}

test('many lives of one log, each ended by a kill, a power failure, or in order', () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = new Random(`lives ${seed}`)
    let disk = new FakeDisk(random.fork('disk'))
    let allowed: readonly Recovered[] = [emptyState]
    for (let life = 0; life < 10; life++) {
      allowed = live(disk, allowed, random)
      disk = random.chance(0.5) ? disk.afterKill() : disk.afterPowerLoss(random)
    }
    expect(allowed.map(text)).toContain(recoverText(disk))
  }
})

test('a first start that is interrupted anywhere is simply begun again', () => {
  for (let endAt = 0; endAt < 40; endAt++) {
    for (let seed = 0; seed < 10; seed++) {
      const disk = new FakeDisk(new Random(seed))
      disk.fate = ({ number }) => {
        if (number === endAt) throw new WorldEnd()
      }
      endsIn(() => recoverText(disk))
      expect(recoverText(disk.afterPowerLoss(new Random(seed)))).toBe(text(emptyState))
      expect(recoverText(disk.afterKill())).toBe(text(emptyState))
    }
  }
})
