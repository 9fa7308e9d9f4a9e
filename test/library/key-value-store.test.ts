/** The key-value store over a real server, and over one that answers nonsense. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  bytesCodecs,
  KeyValueError,
  KeyValueStore,
  KontikiError,
  type KontikiServer,
  keyValueMachine,
  openClient,
  openServer,
} from '../../src/library/index.ts'
import { Counter } from './machines.ts'

type ByteServer = KontikiServer<Uint8Array, Uint8Array, Uint8Array, Uint8Array>

let server: ByteServer
let store: KeyValueStore

beforeAll(async () => {
  const servers = { a: '127.0.0.1:0' }
  const stateMachine = keyValueMachine()
  server = await openServer({
    id: 'a',
    servers,
    storage: 'memory',
    stateMachine,
    codecs: bytesCodecs,
  })
  store = new KeyValueStore(server)
})

afterAll(() => server.close())

async function failureOf(operation: Promise<unknown>): Promise<KeyValueError | KontikiError> {
  const error: unknown = await operation.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  if (error instanceof KeyValueError || error instanceof KontikiError) return error
  throw error
}

async function textOf(key: string): Promise<string | null> {
  const entry = await store.get(key)
  return entry === null ? null : new TextDecoder().decode(entry.value)
}

describe('KeyValueStore', () => {
  test('puts, gets and deletes, with what each key has', async () => {
    expect(await store.get('plain')).toBeNull()
    const first = await store.put('plain', new Uint8Array([1, 2]))
    const second = await store.put('plain', 'zwölf')
    if (first.kind !== 'changed' || second.kind !== 'changed') throw new Error('a conflict')
    expect(second.revision).toMatchObject({
      version: 2,
      createIndex: first.revision.modificationIndex,
    })
    expect(second.revision.modificationIndex).toBeGreaterThan(first.revision.modificationIndex)
    expect(await store.get('plain')).toMatchObject({ key: 'plain', ...second.revision })
    expect(await textOf('plain')).toBe('zwölf')
    expect(await store.delete('plain')).toEqual({ kind: 'deleted', existed: true })
    expect(await store.delete('plain')).toEqual({ kind: 'deleted', existed: false })
    expect(await store.get('plain', { consistency: 'stale' })).toBeNull()
  })

  test('conditions by version and by modification index', async () => {
    const created = await store.put('held', 'a', { expectedVersion: 0 })
    if (created.kind !== 'changed') throw new Error('a conflict')
    const { revision } = created
    const current = { kind: 'conflict', current: revision }
    expect(await store.put('held', 'b', { expectedModificationIndex: 0 })).toEqual(current)
    expect(await store.put('held', 'b', { expectedVersion: 2 })).toEqual(current)
    expect(await store.delete('held', { expectedVersion: 7 })).toEqual(current)
    const { modificationIndex } = revision
    const changed = await store.put('held', 'b', { expectedModificationIndex: modificationIndex })
    expect(changed).toMatchObject({ kind: 'changed', revision: { version: 2 } })
    const gone = await store.delete('held', { expectedVersion: 2 })
    expect(gone).toEqual({ kind: 'deleted', existed: true })
    const absent = await store.put('held', 'c', { expectedVersion: 2 })
    expect(absent).toEqual({ kind: 'conflict', current: null })
  })

  test('compares and sets, appends, counts', async () => {
    expect(await store.compareAndSet('cas', null, 'one')).toMatchObject({ kind: 'changed' })
    expect(await store.compareAndSet('cas', null, 'two')).toMatchObject({ kind: 'conflict' })
    expect(await store.compareAndSet('cas', 'one', 'two')).toMatchObject({ kind: 'changed' })
    expect(await store.append('cas', ' and more')).toMatchObject({ kind: 'changed' })
    expect(await textOf('cas')).toBe('two and more')
    expect((await store.increment('count')).value).toBe(1)
    const after = await store.increment('count', -5)
    expect(after).toEqual({ value: -4, revision: expect.objectContaining({ version: 2 }) })
  })

  test('lists pages by prefix, and every entry of all pages', async () => {
    for (let i = 0; i < 7; i++) await store.put(`list/${i}`, `${i}`)
    await store.put('lisu', 'another')
    const first = await store.list({ prefix: 'list/', limit: 3, keysOnly: true })
    expect(first.entries.map(({ key, value }) => [key, value.length])).toEqual([
      ['list/0', 0],
      ['list/1', 0],
      ['list/2', 0],
    ])
    expect(first.next).toBe('list/2')
    const keys: string[] = []
    const paged = { prefix: 'list/', after: 'list/1', limit: 2, consistency: 'stale' } as const
    for await (const { key, value } of store.entries(paged)) {
      keys.push(key)
      expect(key).toBe(`list/${new TextDecoder().decode(value)}`)
    }
    expect(keys).toEqual(['list/2', 'list/3', 'list/4', 'list/5', 'list/6'])
    const { keys: count } = await store.stats()
    const { entries, next } = await store.list()
    expect([entries.length, next]).toEqual([count, null])
  })

  test('what cannot be is refused with its code, and nothing is changed', async () => {
    await store.put('word', 'abc')
    const before = await store.stats()
    const refused: [string, () => Promise<unknown>][] = [
      ['keyEmpty', () => store.put('', 'x')],
      ['keyTooLarge', () => store.put('k'.repeat(1025), '')],
      ['valueTooLarge', () => store.put('large', new Uint8Array(500 * 1024 + 1))],
      ['notANumber', () => store.increment('word')],
      ['outOfRange', () => store.increment('n', 0.5)],
      ['outOfRange', () => store.put('n', 'x', { expectedVersion: -1 })],
      ['outOfRange', () => store.list({ limit: 0 })],
      ['outOfRange', () => store.list({ limit: 1.5 })],
      ['malformed', () => store.put('\ud800', 'x')],
      ['malformed', () => store.put('n', '\udc00')],
      ['malformed', () => store.put('n', 7 as unknown as string)],
      ['malformed', () => store.get(undefined as unknown as string)],
      [
        'malformed',
        () => store.put('n', 'x', { expectedVersion: 1, expectedModificationIndex: 1 }),
      ],
    ]
    for (const [code, operation] of refused) {
      const error = await failureOf(operation())
      expect(error, code).toBeInstanceOf(KeyValueError)
      expect([error.code, error.outcome]).toEqual([code, 'notApplied'])
    }
    expect(await store.stats()).toEqual(before)
  })

  test('settings of an operation reach the client', async () => {
    const gone = { signal: AbortSignal.abort() }
    const operations = [
      () => store.get('x', gone),
      () => store.put('x', 'y', { expectedVersion: 0, ...gone }),
      () => store.compareAndSet('x', null, 'y', gone),
      () => store.append('x', 'y', gone),
      () => store.increment('x', 1, gone),
      () => store.delete('x', gone),
      () => store.list(gone),
      () => store.stats(gone),
    ]
    for (const operation of operations) {
      expect(await failureOf(operation())).toMatchObject({ code: 'ABORTED', outcome: 'notApplied' })
    }
    expect(await store.get('x')).toBeNull()
  })

  test('servers of another machine, and a client without codecs, are told from it', async () => {
    const other = await openServer({
      id: 'a',
      servers: { a: '127.0.0.1:0' },
      storage: 'memory',
      stateMachine: new Counter(),
    })
    const client = openClient({ servers: other.address, codecs: bytesCodecs })
    const wrong = openClient({ servers: server.address })
    try {
      const mistaken = new KeyValueStore(client)
      const refused = await failureOf(mistaken.put('x', 'y'))
      expect(refused).toMatchObject({ code: 'REFUSED', outcome: 'notApplied' })
      const json = new KeyValueStore(wrong as never)
      expect(await failureOf(json.put('x', 'y'))).toMatchObject({
        code: 'REFUSED',
        outcome: 'notApplied',
      })
    } finally {
      await client.close()
      await wrong.close()
      await other.close()
    }
  })

  test('an answer to another question: unknown for a change, harmless for a read', async () => {
    const answering = (bytes: number[]): KeyValueStore => {
      const answer = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(bytes))
      return new KeyValueStore({ propose: answer, query: answer })
    }
    for (const bytes of [[99], []]) {
      const nonsense = answering(bytes)
      expect(await failureOf(nonsense.put('x', 'y'))).toMatchObject({
        code: 'BAD_ANSWER',
        outcome: 'unknown',
      })
      expect(await failureOf(nonsense.get('x'))).toMatchObject({
        code: 'BAD_ANSWER',
        outcome: 'notApplied',
      })
    }
    // A deletion, and an absent key.
    const deleted = answering([3, 1])
    for (const change of [
      deleted.put('x', 'y'),
      deleted.append('x', 'y'),
      deleted.increment('x'),
    ]) {
      expect(await failureOf(change)).toMatchObject({ code: 'BAD_ANSWER', outcome: 'unknown' })
    }
    expect(await failureOf(answering([4, 0, 0]).get('x'))).toMatchObject({
      code: 'BAD_ANSWER',
      outcome: 'notApplied',
    })
    const absent = answering([2])
    for (const read of [() => absent.list(), () => absent.stats()]) {
      expect(await failureOf(read())).toMatchObject({ code: 'BAD_ANSWER', outcome: 'notApplied' })
    }
  })
})
