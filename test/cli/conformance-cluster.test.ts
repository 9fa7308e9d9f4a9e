/**
 * `kontiki conformance`'s cluster: the relay between the servers, who is blamed for what they say,
 * and whole clusters.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runCluster } from '../../src/cli/conformance/cluster/run.ts'
import { withSpeaker } from '../../src/cli/conformance/cluster/speaker-name.ts'
import { Watcher } from '../../src/cli/conformance/cluster/watcher.ts'
import {
  appendEntriesAccepted,
  appendEntriesRequest,
  entry,
  type Message,
  requestVoteRequest,
  requestVoteResponse,
} from '../../src/raft/index.ts'
import { decodeDatagram, encodeMessage } from '../../src/wire/index.ts'

const ids = ['127.0.0.1:2001', '127.0.0.1:2002', '127.0.0.1:2003', '127.0.0.1:2004']
const [one, two, three] = ids as [string, string, string, string]
const command = Uint8Array.of(120)

describe('the speaker’s name on its way', () => {
  const append = appendEntriesRequest(one, two, 3, 1, 2, [entry(2, 3, 'command', command)], 1, 7)
  const ask = requestVoteRequest(one, two, 3, 5, 2, 9)

  test.each([append, ask])('is changed, and nothing else: %j', (message) => {
    const renamed = withSpeaker(encodeMessage(message), one, 'localhost:31999')
    expect(renamed).toEqual(encodeMessage({ ...message, from: 'localhost:31999' }))
    expect(decodeDatagram(renamed, one, two)).toEqual({ kind: 'message', message })
  })

  test('stays where it is another, and where there is none', () => {
    for (const message of [append, appendEntriesAccepted(append, 3, 2)]) {
      const bytes = encodeMessage(message)
      expect(withSpeaker(bytes, two, three)).toBe(bytes)
    }
  })

  test('fields that nobody knows come through', () => {
    const unknown = [0xa2, 6, 2, 104, 105]
    const bytes = Uint8Array.from([...encodeMessage(ask), ...unknown])
    expect([...withSpeaker(bytes, one, three)].slice(-unknown.length)).toEqual(unknown)
  })

  test('what is no message stays what it is', () => {
    for (const rubbish of [[], [0xff], [10, 200, 1], [0x0a, 2, 0x2a, 9]]) {
      const bytes = Uint8Array.from(rubbish)
      expect(withSpeaker(bytes, one, two)).toEqual(bytes)
    }
  })
})

describe('the watcher', () => {
  let now = 0
  /** Told these messages, the rules that somebody is blamed by. */
  function blamed(...messages: (Message | number)[]): string[] {
    now = 0
    const watcher = new Watcher(ids, () => now)
    for (const message of messages) {
      if (typeof message === 'number') now += message
      else {
        const [from, to] = [message.from, message.to].map((id) => ids.indexOf(id)) as [
          number,
          number,
        ]
        watcher.saw(from, to, encodeMessage(message), 2001 + from)
      }
    }
    return watcher.blames.map(({ rule }) => rule)
  }
  const asks = (from: string, term: number): Message => requestVoteRequest(from, two, term, 0, 0, 0)
  const votes = (from: string, to: string, term: number): Message =>
    requestVoteResponse({ from: to, to: from, requestId: 0 }, term, true)
  const leads = (from: string, term: number, byte = 120): Message => {
    const entries = [entry(1, term, 'command', Uint8Array.of(byte))]
    return appendEntriesRequest(from, from === two ? one : two, term, 0, 0, entries, 0, 0)
  }
  const elected = [asks(one, 1), votes(two, one, 1), votes(three, one, 1)]

  test('blames nobody for an election and its leader', () => {
    expect(blamed(...elected, leads(one, 1), leads(one, 1))).toEqual([])
  })

  test('two votes in a term: R5; a candidate has one, too', () => {
    expect(blamed(votes(two, one, 1), votes(two, three, 1))).toEqual(['R5'])
    expect(blamed(asks(three, 1), votes(three, one, 1))).toEqual(['R5'])
    expect(blamed(votes(two, one, 1), votes(two, three, 2))).toEqual([])
  })

  test('half of four servers: R12', () => {
    expect(blamed(asks(one, 1), votes(two, one, 1), leads(one, 1))).toEqual(['R12'])
  })

  test('two leaders in a term, or two entries in one place of it: R16', () => {
    expect(blamed(...elected, leads(one, 1), leads(three, 1))).toEqual(['R16'])
    expect(blamed(...elected, leads(one, 1), leads(one, 1, 121))).toEqual(['R16'])
  })

  test('a term that goes back: R9, but not within a moment', () => {
    expect(blamed(asks(one, 5), asks(one, 4))).toEqual([])
    expect(blamed(asks(one, 5), 1500, asks(one, 4))).toEqual(['R9'])
  })

  test('another port: C5; rubbish: C6', () => {
    const watcher = new Watcher(ids, () => 0)
    watcher.saw(0, 1, encodeMessage(asks(one, 1)), 40_000)
    watcher.saw(0, 1, Uint8Array.of(0xff), 2001)
    expect(watcher.blames.map(({ rule }) => rule)).toEqual(['C5', 'C6'])
  })

  test('what may be answered twice and cannot say for what is not to be repeated', () => {
    const watcher = new Watcher(ids, () => 0)
    const mayRepeat = (message: Message): boolean => watcher.saw(0, 1, encodeMessage(message), 2001)
    expect(mayRepeat(asks(one, 1))).toBe(true)
    expect(mayRepeat(leads(one, 1))).toBe(false)
    expect(mayRepeat({ ...leads(one, 1), requestId: 5 } as Message)).toBe(true)
  })
})

describe('a cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kontiki-conformance-cluster-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const run = (words: readonly string[], servers: number, patienceMs = 5000) =>
    runCluster({
      command: words,
      servers,
      forMs: 2500,
      seed: '1',
      folder: join(folder, String(servers)),
      patienceMs,
      signal: new AbortController().signal,
    })

  test('of ours comes to one log while its network and its servers fail', async () => {
    const result = await run(['bin/raftserver.js'], 4)
    expect(result.blames).toEqual([])
    expect(result.lines).toBeGreaterThan(10)
    for (const count of [result.dropped, result.detours, result.suspensions]) {
      expect(count).toBeGreaterThan(0)
    }
  })

  test('of liars is blamed: each takes every command for committed, and leads', async () => {
    const path = join(folder, 'liar.mjs')
    const codec = join(process.cwd(), 'dist/wire/index.js')
    const raft = join(process.cwd(), 'dist/raft/index.js')
    writeFileSync(
      path,
      `import { createSocket } from 'node:dgram'
       import { appendFileSync, readFileSync } from 'node:fs'
       import { appendEntriesRequest } from ${JSON.stringify(raft)}
       import { decodeDatagram, encodeMessage } from ${JSON.stringify(codec)}
       const [id, file] = process.argv.slice(2)
       const others = readFileSync(file, 'utf8').trim().split('\\n').filter((one) => one !== id)
       const port = Number(id.split(':')[1])
       const own = createSocket('udp4')
       own.bind(port, '127.0.0.1')
       let index = 0
       own.on('message', (bytes) => {
         const decoded = decodeDatagram(bytes, null, id)
         if (decoded.kind !== 'command') return
         const command = Buffer.from(decoded.command).toString()
         appendFileSync('127.0.0.1-' + port + '.log', '1,' + ++index + ',' + command + '\\n')
       })
       setInterval(() => {
         for (const other of others) {
           const beat = appendEntriesRequest(id, other, 1, 0, 0, [], 0, 0)
           own.send(encodeMessage(beat), Number(other.split(':')[1]), '127.0.0.1')
         }
       }, 50)`,
    )
    const { blames } = await run([process.execPath, path], 3, 1000)
    const rules = new Set(blames.map(({ rule }) => rule))
    expect([...rules].sort()).toEqual(['C15', 'R12', 'R16'])
  }, 60_000)
})
