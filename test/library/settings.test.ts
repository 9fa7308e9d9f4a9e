/** What servers and clients can be told, and what they say of what they cannot. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { OptionError, openClient, openServer } from '../../src/library/index.ts'
import { freePorts } from '../harness/free-ports.ts'
import { Counter, value } from './machines.ts'

const directories: string[] = []

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kontiki-settings-'))
  directories.push(directory)
  return directory
}

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

const right = {
  id: 'a',
  servers: 'a=127.0.0.1:7001,b=127.0.0.1:7002',
  storage: 'memory',
} as const

async function problem(settings: Record<string, unknown>): Promise<OptionError> {
  const all = { ...right, stateMachine: new Counter(), ...settings }
  try {
    await openServer(all as unknown as Parameters<typeof openServer>[0])
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError)
    return error as OptionError
  }
  throw new Error('it was opened')
}

describe('settings of a server', () => {
  test.each([
    ['id', { id: '' }],
    ['id', { id: 'x' }],
    ['id', { id: undefined }],
    ['servers', { servers: undefined }],
    ['servers', { servers: '' }],
    ['servers', { servers: '127.0.0.1:7001' }],
    ['servers', { servers: 'a=nowhere' }],
    ['servers', { servers: 'a=127.0.0.1:99999' }],
    ['servers', { servers: 'a=127.0.0.1:7001,a=127.0.0.1:7002' }],
    ['servers', { servers: 'a=127.0.0.1:7001,b=127.0.0.1:7001' }],
    ['servers', { servers: { a: '127.0.0.1:0', b: '127.0.0.1:7002' } }],
    ['servers', { servers: { a: 7 } }],
    ['dataDir', { storage: undefined }],
    ['dataDir', { storage: undefined, dataDir: '' }],
    ['dataDir', { dataDir: '/tmp/x' }],
    ['storage', { storage: 'paper' }],
    ['listen', { listen: 'here' }],
    ['clusterId', { clusterId: 'two words' }],
    ['stateMachine', { stateMachine: undefined }],
    ['stateMachine', { stateMachine: { apply: () => 1 } }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['signal', { signal: new AbortController() }],
    ['heartbeatIntervalMs', { raft: { heartbeatIntervalMs: 5000 } }],
    ['electionTimeoutMaxMs', { raft: { electionTimeoutMaxMs: 1 } }],
    ['requestsMax', { service: { requestsMax: 0 } }],
    ['sessionsMax', { service: { sessions: { sessionsMax: 0 } } }],
    ['inFlightMax', { client: { inFlightMax: 0.5 } }],
    ['sequenceSpanMax', { client: { sequenceSpanMax: 1_000_001 } }],
    ['datadir', { datadir: '/tmp/x' }],
    ['electionTimeoutMs', { raft: { electionTimeoutMs: 100 } }],
    ['requestMax', { service: { requestMax: 1 } }],
    ['sessionMax', { service: { sessions: { sessionMax: 1 } } }],
    ['logBytes', { snapshots: { logBytes: 1 } }],
    ['inFlight', { client: { inFlight: 1 } }],
    ['encode', { codecs: { encode: () => new Uint8Array(0) } }],
    ['command', { codecs: { command: JSON } }],
    ['raft', { raft: 'fast' }],
    ['raft', { raft: null }],
    ['service', { service: 7 }],
    ['sessions', { service: { sessions: [] } }],
    ['snapshots', { snapshots: true }],
    ['client', { client: 'mine' }],
    ['preVote', { raft: { preVote: 'yes' } }],
    ['followerReads', { service: { followerReads: 1 } }],
    ['bootstrap', { bootstrap: 'yes' }],
    ['join', { join: 1 }],
  ])('a wrong %s is named: %j', async (option, settings) => {
    const error = await problem(settings)
    expect(error.option).toBe(option)
    expect(error.code).toBe('INVALID_OPTION')
    expect(error.message.split('\n')).toHaveLength(1)
  })

  test('a name that there is none of is told with those that there are', async () => {
    const error = await problem({ raft: { electionTimeout: 5 } })
    expect(error.message).toMatch(
      /^electionTimeout is no option of raft, which are electionTimeoutMin/,
    )
    const none = openServer(undefined as never)
    await expect(none).rejects.toThrow(/^openServer must be an object; it is undefined/)
    await expect(none).rejects.toBeInstanceOf(OptionError)
  })

  test('one that is undefined counts as left out', async () => {
    const settings = { nothing: undefined, raft: { preVote: undefined }, id: '' }
    expect((await problem(settings)).option).toBe('id')
  })

  test('port 0 among many is refused with the reason', async () => {
    const error = await problem({ servers: { a: '127.0.0.1:0', b: '127.0.0.1:7002' } })
    expect(error.message).toContain('a has 0, where nobody finds it')
  })

  test('a server that is alone may let the system choose, and says what was chosen', async () => {
    const server = await openServer({
      id: 'a',
      servers: { a: '127.0.0.1:0' },
      storage: 'memory',
      stateMachine: new Counter(),
    })
    const client = openClient({ servers: server.address })
    try {
      expect(server.address).not.toContain(':0')
      await client.propose({ add: 5 })
      expect(await server.query(value)).toBe(5)
    } finally {
      await client.close()
      await server.close()
    }
  })

  test('a directory and a port that are taken are told of, and nothing stays behind', async () => {
    const dataDir = temporary()
    const [one, other] = (await freePorts(2)) as [number, number]
    const stateMachine = new Counter()
    const servers = { a: `127.0.0.1:${one}` }
    const bootstrap = true
    const first = await openServer({ id: 'a', servers, dataDir, bootstrap, stateMachine })
    const elsewhere = { a: `127.0.0.1:${other}` }
    const locked = openServer({ id: 'a', servers: elsewhere, dataDir, stateMachine })
    await expect(locked).rejects.toThrow('is in use by process')
    const taken = openServer({ id: 'a', servers, dataDir: temporary(), stateMachine })
    await expect(taken).rejects.toThrow(String(one))
    await first.close()
    const again = { id: 'a', servers: elsewhere, dataDir, bootstrap, stateMachine }
    const second = await openServer(again)
    await second.close()
  })

  test("another server's directory is refused, and given back", async () => {
    const dataDir = temporary()
    const [a, b] = (await freePorts(2)) as [number, number]
    const servers = { a: `127.0.0.1:${a}`, b: `127.0.0.1:${b}` }
    const stateMachine = new Counter()
    const bootstrap = true
    await (await openServer({ id: 'a', servers, dataDir, bootstrap, stateMachine })).close()
    const wrong = openServer({ id: 'b', servers, dataDir, bootstrap, stateMachine })
    await expect(wrong).rejects.toThrow('belongs to server a')
    await (await openServer({ id: 'a', servers, dataDir, bootstrap, stateMachine })).close()
  })

  test('it can be closed twice, at once, and by a signal', async () => {
    const controller = new AbortController()
    const open = (): ReturnType<typeof openServer> => {
      const servers = { a: '127.0.0.1:0' }
      const { signal } = controller
      const stateMachine = new Counter() as never
      return openServer({ id: 'a', servers, storage: 'memory', stateMachine, signal })
    }
    const server = await open()
    const both = [server.close(), server.close()]
    await Promise.all(both)
    const signalled = await open()
    const closed = new Promise((resolve) => signalled.on('closed', resolve))
    controller.abort()
    await closed
    await expect(open()).rejects.toThrow()
  })
})

describe('settings of a client', () => {
  test.each([
    ['servers', {}],
    ['servers', { servers: [] }],
    ['servers', { servers: 'nowhere' }],
    ['servers', { servers: ['127.0.0.1:1', '127.0.0.1:1'] }],
    ['timeoutMs', { servers: '127.0.0.1:1', timeoutMs: 0 }],
    ['preferred', { servers: '127.0.0.1:1', preferred: '127.0.0.1:2' }],
    ['attemptTimeoutMs', { servers: '127.0.0.1:1', limits: { attemptTimeoutMs: 0 } }],
    ['sequenceSpanMax', { servers: '127.0.0.1:1', limits: { sequenceSpanMax: 1_000_001 } }],
    ['attemptTimeout', { servers: '127.0.0.1:1', limits: { attemptTimeout: 5 } }],
    ['prefered', { servers: '127.0.0.1:1', prefered: 'a' }],
    ['session', { servers: '127.0.0.1:1', session: 'no' }],
    ['trace', { servers: '127.0.0.1:1', trace: 'all' }],
    ['the client', { servers: '127.0.0.1:1', limits: 5 }],
    ['openClient', undefined],
    ['openClient', null],
    ['openClient', '127.0.0.1:1'],
  ])('a wrong %s is named: %j', (option, settings) => {
    const open = (): unknown => openClient(settings as Parameters<typeof openClient>[0])
    expect(open).toThrow(OptionError)
    expect(open).toThrow(option)
  })

  test('of one operation, too', async () => {
    const client = openClient({ servers: ['a=127.0.0.1:1', '[::1]:2'], preferred: 'a' })
    await expect(client.propose({}, { timeoutMs: -5 })).rejects.toThrow('timeoutMs')
    const consistency = 'often' as 'stale'
    await expect(client.query({}, { consistency })).rejects.toThrow('consistency')
    // The controller instead of its signal: told before anything is sent.
    const signal = new AbortController() as unknown as AbortSignal
    await expect(client.propose({}, { signal })).rejects.toThrow(/^signal must be an AbortSignal/)
    await expect(client.query({}, { signal })).rejects.toThrow(OptionError)
    await client.close()
  })
})
