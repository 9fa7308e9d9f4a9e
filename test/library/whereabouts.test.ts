/** Which of several addresses counts. */
import { expect, test } from 'vitest'
import { Whereabouts } from '../../src/library/whereabouts.ts'

function book(given: Readonly<Record<string, string>>): {
  readonly moves: string[]
  readonly where: Whereabouts
} {
  const moves: string[] = []
  const where = new Whereabouts('me', new Map(Object.entries(given)), (id, address) => {
    moves.push(`${id} ${address}`)
  })
  return { moves, where }
}

function configured(where: Whereabouts, addresses: Readonly<Record<string, string>>): void {
  where.configured(new Map(Object.entries(addresses)))
}

test('what is given at the start counts more than what the log has from before', () => {
  const { moves, where } = book({ me: 'here', a: 'new' })
  configured(where, { me: 'elsewhere', a: 'old', b: 'only' })
  expect(moves).toEqual(['b only'])
  expect(['me', 'a', 'b', 'c'].map((id) => where.addressOf(id))).toEqual([
    'here',
    'new',
    'only',
    '',
  ])
})

test('what the log says anew counts more than that; what it only repeats does not', () => {
  const { moves, where } = book({ a: 'new', b: 'new' })
  configured(where, { a: 'old', b: 'old' })
  configured(where, { a: 'old', b: 'moved', c: 'added' })
  expect(moves).toEqual(['b moved', 'c added'])
  expect(where.addressOf('a')).toBe('new')
})

test('a server that says it has moved is believed; one that only says where it is, is not', () => {
  const { moves, where } = book({ a: 'through a proxy' })
  where.declared('a', 'itself')
  where.declared('a', 'itself')
  where.declared('a', '')
  expect(moves).toEqual([])
  where.declared('a', 'moved')
  where.declared('b', 'unheard of')
  expect(moves).toEqual(['a moved', 'b unheard of'])
})
