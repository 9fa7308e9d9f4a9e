/** The network that a torture breaks: proxies before real sockets, and what a plan holds. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { KeyRing } from '../../src/cli/torture/key-ring.ts'
import { LinkProxy } from '../../src/cli/torture/link-proxy.ts'
import {
  deafness,
  muteness,
  Network,
  partition,
  seclusion,
  slowness,
  unansweredness,
} from '../../src/cli/torture/network.ts'
import { faultKinds, plannedFaults } from '../../src/cli/torture/plan.ts'
import { encodeHello, noLife } from '../../src/transport/control-frame.ts'
import { freePorts } from '../harness/free-ports.ts'
import { waitFor } from '../harness/waiting.ts'

const whole = { inwardIsCut: false, outwardIsCut: false, delayMs: 0 }
const inward = { ...whole, inwardIsCut: true }
const outward = { ...whole, outwardIsCut: true }
const cut = { ...inward, outwardIsCut: true }

describe('what is wrong with a link', () => {
  const links = [
    ['a', 'b'],
    ['b', 'a'],
    ['b', 'c'],
    ['c', 'b'],
    [null, 'a'],
    [null, 'b'],
  ] as const

  test.each([
    ['a partition', partition(new Set(['a', 'c'])), [cut, cut, cut, cut, whole, whole]],
    ['deafness', deafness('b'), [inward, whole, whole, inward, whole, whole]],
    ['muteness', muteness('b'), [whole, inward, inward, whole, whole, whole]],
    ['seclusion', seclusion('b'), [whole, whole, whole, whole, whole, cut]],
    ['no answers', unansweredness('b'), [whole, whole, whole, whole, whole, outward]],
  ])('%s', (_, breakage, states) => {
    const network = new Network(() => {})
    network.add(breakage)
    expect(links.map(([caller, callee]) => network.stateOf(caller, callee))).toEqual(states)
    network.remove(breakage)
    for (const [caller, callee] of links) expect(network.stateOf(caller, callee)).toEqual(whole)
  })

  test('the worst of several things counts', () => {
    const network = new Network(() => {})
    for (const breakage of [slowness(9), slowness(5), deafness('b'), seclusion('a')]) {
      network.add(breakage)
    }
    expect(network.stateOf('a', 'b')).toEqual({ ...inward, delayMs: 9 })
    expect(network.stateOf(null, 'a')).toEqual({ ...cut, delayMs: 9 })
  })
})

describe('a proxy', () => {
  let network: Network
  let proxy: LinkProxy
  let target: Server
  let port: number
  /** The far ends of connections through the proxy. */
  let callees: End[]
  const ends: End[] = []

  class End {
    heard = ''
    isClosed = false
    readonly socket: Socket

    constructor(socket: Socket) {
      this.socket = socket
      ends.push(this)
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        this.heard += bytes.toString('latin1')
      })
      socket.on('close', () => {
        this.isClosed = true
      })
    }
  }

  beforeEach(async () => {
    const [own, at] = await freePorts(2)
    port = at as number
    callees = []
    target = createServer((socket) => callees.push(new End(socket)))
    await new Promise<void>((resolve) => target.listen(own, '127.0.0.1', resolve))
    network = new Network(() => proxy.flush())
    proxy = new LinkProxy('b', own as number, network)
    await proxy.listen(port)
  })
  afterEach(async () => {
    proxy.close()
    for (const { socket } of ends.splice(0)) socket.destroy()
    await new Promise((resolve) => target.close(resolve))
  })

  /** A connection on which the caller has said who it is; null: a client. */
  async function call(caller: string | null): Promise<{ near: End; far: End }> {
    const near = new End(connect(port, '127.0.0.1'))
    const first = caller === null ? Buffer.from([0, 0, 0, 1, 7]) : helloOf(caller)
    // In two pieces, as TCP may have it.
    near.socket.write(first.subarray(0, 3))
    await waitFor('a connection', () => callees.length === 1 && proxy.heldBytes === 3)
    near.socket.write(first.subarray(3))
    const far = await waitFor('the first frame', () => {
      const callee = callees[0]
      return callee?.heard.length === first.length ? callee : undefined
    })
    far.heard = ''
    return { near, far }
  }

  function helloOf(serverId: string): Buffer {
    const known = { settledIndex: 0, isNamed: false, life: noLife }
    const from = { clusterId: 'k', serverId, incarnation: 0, standing: 'member', ...known } as const
    const hello = { kind: 'hello', lane: 'normal', from, address: '', to: 'b' } as const
    const frame = encodeHello({ ...hello, toIncarnation: 0 })
    const length = Buffer.alloc(4)
    length.writeUInt32BE(0x8000_0000 + frame.length)
    return Buffer.concat([length, frame])
  }

  test('passes on what is said, either way, and the end of it', async () => {
    const { near, far } = await call(null)
    near.socket.write('ask')
    far.socket.write('answer')
    await waitFor('both to hear', () => far.heard === 'ask' && near.heard === 'answer')
    near.socket.end()
    await waitFor('the end', () => far.isClosed)
  })

  test('tells servers and clients apart by the first frame', async () => {
    network.add(seclusion('b'))
    const { near, far } = await call('a')
    near.socket.write('ask')
    await waitFor('the server to be heard', () => far.heard === 'ask')
  })

  test('holds one direction of a link while the other goes on', async () => {
    const { near, far } = await call('a')
    const deaf = deafness('b')
    network.add(deaf)
    near.socket.write('unheard')
    far.socket.write('heard')
    await waitFor('the other direction', () => near.heard === 'heard')
    expect(far.heard).toBe('')
    network.remove(deaf)
    await waitFor('what was held', () => far.heard === 'unheard')
  })

  test('is silent about the end of a connection while the link is cut', async () => {
    const { near, far } = await call('a')
    const broken = partition(new Set(['a']))
    network.add(broken)
    near.socket.write('last words')
    near.socket.end()
    const other = new End(connect(port, '127.0.0.1'))
    other.socket.write(Buffer.from([0, 0, 0, 0]))
    await waitFor('another connection to get through', () => callees[1]?.heard.length === 4)
    expect([far.heard, far.isClosed]).toEqual(['', false])
    network.remove(broken)
    await waitFor('both', () => far.heard === 'last words' && far.isClosed)
  })

  test('delays, and keeps the order', async () => {
    const { near, far } = await call(null)
    const slow = slowness(300)
    network.add(slow)
    const saidAt = performance.now()
    near.socket.write('first ')
    await waitFor('the first to be held', () => proxy.heldBytes === 'first '.length, 10_000, 1)
    network.remove(slow)
    near.socket.write('second')
    await waitFor('both', () => far.heard === 'first second')
    expect(performance.now() - saidAt).toBeGreaterThanOrEqual(300)
  })

  test('breaks the connections of those that are meant, and of no others', async () => {
    const { near, far } = await call('a')
    proxy.reset((caller) => caller === null)
    near.socket.write('still here')
    await waitFor('the words', () => far.heard === 'still here')
    proxy.reset((caller) => caller === 'a')
    await waitFor('both ends to know', () => near.isClosed && far.isClosed)
  })

  test('makes a caller wait whose words pile up', async () => {
    const { near, far } = await call('a')
    const deaf = deafness('b')
    network.add(deaf)
    const much = Buffer.alloc(32 * 1024 * 1024, 'x')
    near.socket.write(much)
    // The kernel's buffers and the proxy's own take a part of it, and no more.
    let before = 0
    await waitFor('the proxy to stop reading', () => {
      const held = proxy.heldBytes
      const isStill = held === before && held > 1024 * 1024
      before = held
      return isStill
    })
    expect(proxy.heldBytes).toBeLessThan(4 * 1024 * 1024)
    network.remove(deaf)
    await waitFor('all of it', () => far.heard.length === much.length)
    expect(proxy.heldBytes).toBe(0)
  })
})

describe('a plan', () => {
  const take = (seed: string, servers: number, count: number) => {
    const faults = plannedFaults(new Random(seed), servers)
    return Array.from({ length: count }, () => faults.next().value)
  }

  test('is the same for the same seed', () => {
    expect(take('one', 3, 50)).toEqual(take('one', 3, 50))
    expect(take('one', 3, 50)).not.toEqual(take('two', 3, 50))
  })

  test('has every kind of fault in turn', () => {
    const kinds = take('one', 3, faultKinds.length).map((planned) => planned?.fault.kind)
    expect(new Set(kinds)).toEqual(new Set(faultKinds))
  })

  test('strikes servers that there are, and never has all on one side', () => {
    for (const servers of [1, 2, 3, 5]) {
      for (const planned of take('many', servers, 500)) {
        const fault = planned?.fault as Record<string, unknown> | undefined
        const named = [fault?.victim, ...((fault?.victims ?? fault?.side ?? []) as unknown[])]
        for (const place of named.filter((one) => typeof one === 'number')) {
          expect(place).toBeLessThan(servers)
        }
        const side = (fault?.side as unknown[] | undefined) ?? [0]
        expect(side.length).toBeLessThanOrEqual(Math.max(1, servers - 1))
        expect(side.length).toBeGreaterThan(0)
      }
    }
  })
})

describe('the keys in use', () => {
  test('are left for new ones after so many operations, or so many of unknown outcome', () => {
    const ring = new KeyRing()
    const random = new Random('keys')
    const first = ring.draw(random, 'journal')
    for (let i = 1; i < 200; i++) expect(ring.draw(random, 'journal')).toBe(first)
    const second = ring.draw(random, 'journal')
    expect(second.name).not.toBe(first.name)
    second.unknowns = 4
    const third = ring.draw(random, 'journal')
    expect(third.name).not.toBe(second.name)
    for (const key of [first, second, third]) expect(ring.all).toContain(key)
  })
})
