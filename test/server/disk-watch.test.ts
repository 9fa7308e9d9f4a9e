/** What the driver makes of a full disk: what it tells the core, when it looks, and what for. */
import { expect, test } from 'vitest'
import type { Space } from '../../src/ports/index.ts'
import type { DiskSpace } from '../../src/raft/index.ts'
import { DiskWatch, recheckMs } from '../../src/server/disk-watch.ts'

function watching(isFullAtFirst = false) {
  const space = {
    isFull: isFullAtFirst,
    roomBytes: 700,
    changed: (): void => {},
    looks: 0,
    watch: (changed: () => void): void => {
      space.changed = changed
    },
    recheck: (): void => {
      space.looks += 1
    },
  } satisfies Space & { changed: () => void; looks: number }
  const steps: DiskSpace[] = []
  const snapshots: number[] = []
  const clock = { now: 5000 }
  const watch = new DiskWatch(space, {
    now: () => clock.now,
    step: (input) => steps.push(input),
    takeSnapshot: () => snapshots.push(clock.now),
  })
  watch.start()
  return { space, steps, snapshots, clock, watch }
}

const full = { kind: 'diskSpace', isFull: true, roomBytes: 700 }

test('nothing is said or done while there is space', () => {
  const { watch, steps, snapshots, space } = watching()
  expect(watch.recheckAt).toBe(Number.POSITIVE_INFINITY)
  watch.wake()
  expect([steps, snapshots, space.looks]).toEqual([[], [], 0])
})

test('a disk that becomes full is told of, and looked at once a second until it has space', () => {
  const { watch, steps, space, clock } = watching()
  space.isFull = true
  space.changed()
  expect(steps).toEqual([full])
  expect(watch.recheckAt).toBe(5000 + recheckMs)
  clock.now += recheckMs - 1
  watch.wake()
  expect(space.looks).toBe(0)
  clock.now += 1
  watch.wake()
  expect(space.looks).toBe(1)
  // With the room that there is by now.
  expect(steps).toEqual([full, full])
  space.isFull = false
  space.changed()
  expect(steps.at(-1)).toMatchObject({ isFull: false })
  expect(watch.recheckAt).toBe(Number.POSITIVE_INFINITY)
})

test('one that is full at the start is told of at once', () => {
  expect(watching(true).steps).toEqual([full])
})

test('a snapshot is taken at once, and then more and more rarely', () => {
  const { watch, snapshots, clock } = watching(true)
  for (let look = 1; look <= 300; look++) {
    clock.now += recheckMs
    watch.wake()
  }
  const gaps = snapshots.slice(1).map((at, i) => (at - (snapshots[i] as number)) / recheckMs)
  expect(snapshots[0]).toBe(5000)
  expect(gaps).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64])
})
