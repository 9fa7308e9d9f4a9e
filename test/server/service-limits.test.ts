/**
 * The limits of what clients may ask: past each of them a request is refused at once, and what was
 * taken before goes its way.
 */
import { describe, expect, test } from 'vitest'
import { OptionError } from '../../src/raft/index.ts'
import { serviceOptions } from '../../src/server/index.ts'
import { clientQueryRequest } from '../../src/wire/index.ts'
import { ReplicaWorld, said } from './replicas.ts'

describe('past its limits a server refuses at once, with no effect', () => {
  test('too many requests', () => {
    const world = new ReplicaWorld({ service: { requestsMax: 3 } })
    const leader = world.elect()
    const asked = ['1', '2', '3', '4'].map((text) => world.request(leader, text))
    expect(asked.map(({ response }) => response?.status ?? null)).toEqual([
      null,
      null,
      null,
      'overloaded',
    ])
    world.settle()
    expect(leader.machine.notes).toEqual(['1', '2', '3'])
    world.request(leader, '5')
    world.settle()
    expect(leader.machine.notes).toEqual(['1', '2', '3', '5'])
  })

  test('too many bytes of them', () => {
    const world = new ReplicaWorld({ service: { requestsBytesMax: 10 } })
    const leader = world.elect()
    const asked = ['12345', '12345', '1'].map((text) => world.request(leader, text))
    expect(asked.map(({ response }) => response?.status ?? null)).toEqual([
      null,
      null,
      'overloaded',
    ])
    world.settle()
    const more = world.request(leader, '1234567890')
    world.settle()
    expect(said(more)).toBe('ok 1234567890 is number 3')
  })

  test('too many repeats of one', () => {
    const world = new ReplicaWorld({ service: { repeatsMax: 2 } })
    const leader = world.elect()
    const clientId = world.register(leader)
    const asked = [1, 2, 3].map(() => world.request(leader, 'x', clientId, 1))
    world.settle()
    expect(asked.map(({ response }) => response?.status)).toEqual(['ok', 'ok', 'overloaded'])
  })

  test('too many queries', () => {
    const world = new ReplicaWorld({ service: { queriesMax: 1 } })
    const leader = world.elect()
    const asked = [world.query(leader), world.query(leader), world.query(leader, '', 'stale')]
    world.settle()
    expect(asked.map(({ response }) => response?.status)).toEqual(['ok', 'overloaded', 'ok'])
  })

  test('more than the log takes uncommitted', () => {
    const world = new ReplicaWorld({ raft: { uncommittedBytesMax: 10 } })
    const leader = world.elect()
    const asked = ['123456', '123456'].map((text) => world.request(leader, text))
    world.settle()
    expect(asked.map(({ response }) => response?.status)).toEqual(['ok', 'overloaded'])
  })

  test('refuses what is too long, and takes what is just not', () => {
    const world = new ReplicaWorld({
      raft: { commandBytesMax: 141 },
      service: { queryBytesMax: 9 },
    })
    const leader = world.elect()
    const clientId = world.register(leader)
    const asked = [
      world.request(leader, 'x'.repeat(101), clientId, 1),
      world.request(leader, 'x'.repeat(101)),
      world.ask(leader, clientQueryRequest(1, 'stale', new Uint8Array(10))),
      world.request(leader, 'x'.repeat(100), clientId, 1),
      world.ask(leader, clientQueryRequest(1, 'stale', new Uint8Array(9))),
    ]
    world.settle()
    expect(asked.map(({ response }) => response?.status)).toEqual([
      'tooLarge',
      'tooLarge',
      'tooLarge',
      'ok',
      'ok',
    ])
    expect(said(asked[0] ?? { response: null })).toBe(
      'tooLarge (the command has 101 bytes; at most 100 are taken)',
    )
  })
})

test('limits that cannot be are named', () => {
  expect(() => serviceOptions({ requestsMax: 0 })).toThrow(OptionError)
  expect(() => serviceOptions({ queriesMax: 1.5 })).toThrow(/^queriesMax must be/)
  expect(() => serviceOptions({ sessions: { sessionsMax: 0 } })).toThrow(/^sessionsMax must be/)
})
