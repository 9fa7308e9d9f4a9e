/** So many a turn, in order, the oldest dropped: the queue before whoever takes datagrams in. */
import { expect, test } from 'vitest'
import { Inbox } from '../../src/transport/inbox.ts'
import { turn } from '../ports/until.ts'

function inbox(perTurnMax: number, waitingMax: number): { it: Inbox<number>; taken: number[] } {
  const taken: number[] = []
  return { it: new Inbox(perTurnMax, waitingMax, (item: number) => taken.push(item)), taken }
}

test('what is within the turn’s share is taken in at once', () => {
  const { it, taken } = inbox(2, 10)
  it.accept(1)
  it.accept(2)
  it.accept(3)
  expect(taken).toEqual([1, 2])
  expect(it.length).toBe(1)
})

test('the rest follows in order, one share a turn, before what comes later', async () => {
  const { it, taken } = inbox(2, 10)
  for (let i = 1; i <= 5; i++) it.accept(i)
  await turn()
  expect(taken).toEqual([1, 2, 3, 4])
  it.accept(6)
  expect(taken).toEqual([1, 2, 3, 4])
  await turn()
  expect(taken).toEqual([1, 2, 3, 4, 5, 6])
})

test('a new turn has a new share', async () => {
  const { it, taken } = inbox(2, 10)
  it.accept(1)
  it.accept(2)
  await turn()
  it.accept(3)
  expect(taken).toEqual([1, 2, 3])
})

test('past the bound the oldest goes, and the caller is told', async () => {
  const { it, taken } = inbox(1, 3)
  const kept = Array.from({ length: 10 }, (_, i) => it.accept(i))
  expect(kept).toEqual([true, true, true, true, false, false, false, false, false, false])
  while (it.length > 0) await turn()
  expect(taken).toEqual([0, 7, 8, 9])
})

test('an exception of the taker loses nothing but its own item', async () => {
  const taken: number[] = []
  const it = new Inbox<number>(1, 10, (item) => {
    taken.push(item)
    if (item === 1) throw new Error('one')
  })
  expect(() => it.accept(1)).toThrow('one')
  it.accept(2)
  it.accept(3)
  while (it.length > 0) await turn()
  expect(taken).toEqual([1, 2, 3])
})

test('what is cleared does not come, even from within', async () => {
  const taken: number[] = []
  const it: Inbox<number> = new Inbox(2, 10, (item) => {
    taken.push(item)
    if (item === 3) it.clear()
  })
  for (let i = 1; i <= 6; i++) it.accept(i)
  await turn()
  await turn()
  expect(taken).toEqual([1, 2, 3])
  expect(it.length).toBe(0)
})
