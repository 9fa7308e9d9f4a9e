/** The key-value machine: what each command does, and what it says when it does not. */
import { describe, expect, test } from 'vitest'
import { utf8Encode } from '../../../src/base/bytes.ts'
import {
  decodeKvAnswer,
  decodeKvResult,
  KeyValueMachine,
  type KvAnswer,
  type KvEntry,
  type KvResult,
  keyBytesMax,
  listBytesMax,
  listEntriesMax,
  valueBytesMax,
} from '../../../src/state-machine/index.ts'
import { bytesOf } from '../recording-machine.ts'
import { Store } from './store.ts'

const changed = (version: number, createIndex: number, modificationIndex: number): KvResult => ({
  kind: 'changed',
  revision: { version, createIndex, modificationIndex },
})
const conflict = (version: number, createIndex: number, modificationIndex: number): KvResult => ({
  kind: 'conflict',
  current: { version, createIndex, modificationIndex },
})
const nothingThere: KvResult = { kind: 'conflict', current: null }

describe('put and delete', () => {
  test('count the changes of a key, and remember which entries made them', () => {
    const store = new Store()
    expect(store.put('a', 'x')).toEqual(changed(1, 1, 1))
    expect(store.put('b', 'y')).toEqual(changed(1, 2, 2))
    expect(store.put('a', 'z')).toEqual(changed(2, 1, 3))
    expect(store.machine.answer({ kind: 'get', key: 'a' })).toEqual({
      kind: 'found',
      entry: {
        key: 'a',
        value: utf8Encode('z'),
        version: 2,
        createIndex: 1,
        modificationIndex: 3,
      },
    })
    expect(store.delete('a')).toEqual({ kind: 'deleted', existed: true })
    expect(store.get('a')).toBeNull()
    expect(store.delete('a')).toEqual({ kind: 'deleted', existed: false })
    expect(store.put('a', 'again')).toEqual(changed(1, 6, 6))
  })

  test('hold to an expected version, 0 where there is to be no such key', () => {
    const store = new Store()
    expect(store.put('a', 'x', 1)).toEqual(nothingThere)
    expect(store.put('a', 'x', 0)).toEqual(changed(1, 2, 2))
    expect(store.put('a', 'y', 0)).toEqual(conflict(1, 2, 2))
    expect(store.put('a', 'y', 1)).toEqual(changed(2, 2, 4))
    expect(store.delete('a', 1)).toEqual(conflict(2, 2, 4))
    expect(store.get('a')).toBe('y')
    expect(store.delete('a', 2)).toEqual({ kind: 'deleted', existed: true })
    expect(store.delete('a', 2)).toEqual(nothingThere)
    expect(store.delete('a', 0)).toEqual({ kind: 'deleted', existed: false })
  })

  test('hold to an expected modification index, which never comes back', () => {
    const store = new Store()
    const put = (modificationIndex: number) =>
      store.do({
        kind: 'put',
        key: 'a',
        value: utf8Encode('x'),
        expected: { kind: 'modificationIndex', modificationIndex },
      })
    expect(put(0)).toEqual(changed(1, 1, 1))
    store.delete('a')
    store.put('a', 'y')
    expect(put(1)).toEqual(conflict(1, 3, 3))
    expect(put(3)).toEqual(changed(2, 3, 5))
  })
})

describe('compare-and-set', () => {
  test('sets where the value is the expected one', () => {
    const store = new Store()
    expect(store.cas('a', 'x', 'y')).toEqual(nothingThere)
    expect(store.cas('a', null, 'x')).toEqual(changed(1, 2, 2))
    expect(store.cas('a', null, 'y')).toEqual(conflict(1, 2, 2))
    expect(store.cas('a', '', 'y')).toEqual(conflict(1, 2, 2))
    expect(store.cas('a', 'x', '')).toEqual(changed(2, 2, 5))
    expect(store.cas('a', '', 'z')).toEqual(changed(3, 2, 6))
    expect(store.get('a')).toBe('z')
  })
})

describe('increment', () => {
  test('counts, from 0 where there is nothing, in both directions', () => {
    const store = new Store()
    expect(store.increment('n', 5)).toMatchObject({ kind: 'incremented', value: 5 })
    expect(store.increment('n', -7)).toEqual({
      kind: 'incremented',
      value: -2,
      revision: { version: 2, createIndex: 1, modificationIndex: 2 },
    })
    expect(store.get('n')).toBe('-2')
    expect(store.increment('n', 2)).toMatchObject({ value: 0 })
    expect(store.get('n')).toBe('0')
  })

  test('takes what was put, where it is a number as increments write it', () => {
    const store = new Store()
    store.put('n', '41')
    expect(store.increment('n', 1)).toMatchObject({ value: 42 })
    for (const text of ['', ' 1', '01', '-0', '1.5', '1e3', 'x', '9007199254740992', '٣']) {
      store.put('n', text)
      expect(store.increment('n', 1)).toMatchObject({ kind: 'error', code: 'notANumber' })
      expect(store.get('n')).toBe(text)
    }
  })

  test('stops at 2^53 - 1, either way', () => {
    const store = new Store()
    const greatest = Number.MAX_SAFE_INTEGER
    expect(store.increment('n', greatest)).toMatchObject({ value: greatest })
    expect(store.increment('n', 1)).toMatchObject({ kind: 'error', code: 'outOfRange' })
    expect(store.increment('n', -greatest)).toMatchObject({ value: 0 })
    expect(store.increment('n', -greatest)).toMatchObject({ value: -greatest })
    expect(store.increment('n', -1)).toMatchObject({ code: 'outOfRange' })
    expect(store.get('n')).toBe(String(-greatest))
  })
})

describe('append', () => {
  test('adds to what is there', () => {
    const store = new Store()
    expect(store.append('a', 'x')).toEqual(changed(1, 1, 1))
    expect(store.append('a', 'yz')).toEqual(changed(2, 1, 2))
    expect(store.get('a')).toBe('xyz')
  })
})

describe('list', () => {
  test('has the keys with a prefix in order, page by page', () => {
    const store = new Store()
    for (const key of ['b', 'a/2', 'a/10', 'a', 'a/1', 'a0', 'c']) store.put(key, key)
    expect(store.page('', '', 100)).toEqual([['a', 'a/1', 'a/10', 'a/2', 'a0', 'b', 'c'], null])
    expect(store.page('a/', '', 2)).toEqual([['a/1', 'a/10'], 'a/10'])
    expect(store.page('a/', 'a/10', 2)).toEqual([['a/2'], null])
    expect(store.page('a/', 'a/2', 2)).toEqual([[], null])
    expect(store.page('a/', '', 3)).toEqual([['a/1', 'a/10', 'a/2'], null])
    expect(store.page('a/', 'Z', 1)).toEqual([['a/1'], 'a/1'])
    expect(store.page('a/', 'a/11', 9)).toEqual([['a/2'], null])
    expect(store.page('d', '', 9)).toEqual([[], null])
  })

  test('has the values, unless only keys are asked for', () => {
    const store = new Store()
    store.put('a', 'x')
    const ask = (keysOnly: boolean): KvAnswer =>
      store.machine.answer({ kind: 'list', prefix: '', after: '', limit: 1, keysOnly })
    const entry: KvEntry = {
      key: 'a',
      value: utf8Encode('x'),
      version: 1,
      createIndex: 1,
      modificationIndex: 1,
    }
    expect(ask(false)).toEqual({ kind: 'page', entries: [entry], next: null })
    expect(ask(true)).toEqual({
      kind: 'page',
      entries: [{ ...entry, value: new Uint8Array(0) }],
      next: null,
    })
  })

  test('ends a page where it is large enough, and never before one entry', () => {
    const store = new Store()
    const large = 'x'.repeat(listBytesMax / 2 - 1)
    for (const key of ['a', 'b', 'c']) store.put(key, large)
    expect(store.page('', '', 10)).toEqual([['a', 'b'], 'b'])
    expect(store.page('', 'b', 10)).toEqual([['c'], null])
    expect(store.page('', '', 10, true)).toEqual([['a', 'b', 'c'], null])
  })

  test('refuses a limit of no entries, and of too many', () => {
    const store = new Store()
    for (const limit of [0, listEntriesMax + 1]) {
      const query = { kind: 'list', prefix: '', after: '', limit, keysOnly: false } as const
      expect(store.machine.answer(query)).toMatchObject({ kind: 'error', code: 'outOfRange' })
    }
  })
})

describe('limits', () => {
  test('on keys', () => {
    const store = new Store()
    expect(store.put('', 'x')).toMatchObject({ kind: 'error', code: 'keyEmpty' })
    expect(store.put('k'.repeat(keyBytesMax), 'x').kind).toBe('changed')
    expect(store.put('é'.repeat(keyBytesMax / 2), 'x').kind).toBe('changed')
    expect(store.put('k'.repeat(keyBytesMax + 1), 'x')).toEqual({
      kind: 'error',
      code: 'keyTooLarge',
      message: 'a key has at most 1024 bytes; this one has 1025',
    })
    expect(store.increment(`${'é'.repeat(keyBytesMax / 2)}x`, 1)).toMatchObject({
      code: 'keyTooLarge',
    })
    expect(store.machine.stats.keys).toBe(2)
  })

  test('on values, also those that grow', () => {
    const store = new Store()
    const greatest = 'v'.repeat(valueBytesMax)
    expect(store.put('a', greatest).kind).toBe('changed')
    for (const result of [
      store.put('a', `${greatest}v`),
      store.cas('a', greatest, `${greatest}v`),
      store.append('a', 'v'),
    ]) {
      expect(result).toMatchObject({ kind: 'error', code: 'valueTooLarge' })
    }
    expect(store.get('a')).toBe(greatest)
    expect(store.append('a', '')).toMatchObject({ kind: 'changed' })
  })
})

describe('as a machine of bytes', () => {
  const context = { index: 1, term: 1, timeMs: 0 }

  test('answers what is no command and no query, and throws nothing', () => {
    const machine = new KeyValueMachine()
    for (const bytes of [[], [0], [99, 1, 97], [1, 1, 97, 0, 9], [1, 1, 0xff, 0, 0]]) {
      const result = decodeKvResult(machine.apply(Uint8Array.from(bytes), context))
      expect(result).toMatchObject({ kind: 'error', code: 'malformed' })
      const answer = decodeKvAnswer(machine.query(Uint8Array.from(bytes)))
      expect(answer).toMatchObject({ kind: 'error', code: 'malformed' })
    }
    expect(machine.stats).toEqual({ keys: 0, bytes: 0 })
  })

  test('keeps values of its own: what becomes of a command is no matter', () => {
    const store = new Store()
    const value = utf8Encode('x')
    store.do({ kind: 'put', key: 'a', value, expected: null })
    value[0] = 0
    expect(store.get('a')).toBe('x')
  })

  test('counts keys and bytes, also after a snapshot', () => {
    const store = new Store()
    store.put('é', 'xyz')
    store.put('é', 'x')
    store.put('b', '')
    store.put('c', 'gone')
    store.delete('c')
    expect(store.machine.stats).toEqual({ keys: 2, bytes: 4 })
    const restored = new KeyValueMachine()
    restored.restore(store.machine.snapshot())
    expect(restored.answer({ kind: 'stats' })).toEqual({
      kind: 'stats',
      stats: { keys: 2, bytes: 4 },
    })
    expect(bytesOf(restored.snapshot())).toEqual(bytesOf(store.machine.snapshot()))
  })
})
