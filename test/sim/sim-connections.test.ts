/** Simulated connections keep the port's promises, and fail in the ways that TCP's do. */
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Connection, Listener } from '../../src/ports/index.ts'
import { type ConnectionOptions, SimConnections } from '../../src/sim/sim-connections.ts'
import type { SimProcess } from '../../src/sim/sim-line.ts'
import { World } from '../client/world.ts'

class TestProcess implements SimProcess {
  readonly host: string
  readonly #world: World
  isGone = false

  constructor(world: World, host: string) {
    this.host = host
    this.#world = world
  }

  at(time: number, callback: () => void): void {
    this.#world.at(time, () => {
      if (!this.isGone) callback()
    })
  }
}

/** A client and a server, and what each of them hears. */
class Pair {
  readonly world: World
  readonly connections: SimConnections
  readonly client: TestProcess
  server: TestProcess
  readonly heard: string[] = []
  readonly asked: string[] = []
  readonly taken: Connection[] = []

  constructor(options: Partial<ConnectionOptions> = {}, seed = 1) {
    this.world = new World(seed)
    const later = (delayMs: number, action: () => void): void => this.world.after(delayMs, action)
    const { world } = this
    const network = {
      get now(): number {
        return world.now
      },
      later,
    }
    const random = new Random(seed)
    const delayMs = (): number => random.between(1, 20)
    this.connections = new SimConnections(
      { delayMs, breakChance: 0, halfOpenChance: 0, bufferBytesMax: 1000, ...options },
      random,
      network,
    )
    this.client = new TestProcess(this.world, 'client')
    this.server = this.restart()
  }

  restart(): TestProcess {
    this.server = new TestProcess(this.world, 'server')
    const listener: Listener = (connection) => {
      this.taken.push(connection)
      return {
        frame: (bytes) => {
          this.asked.push(`${bytes[0]}`)
          connection.send(bytes)
        },
        closed: (error) => this.asked.push(error === null ? 'closed' : error.message),
      }
    }
    this.connections.listen('server:1', this.server, listener)
    return this.server
  }

  connect(): Connection {
    return this.connections.dialer(this.client).connect('server:1', {
      opened: () => this.heard.push('opened'),
      frame: (bytes) => this.heard.push(`${bytes[0]}`),
      closed: (error) => this.heard.push(error === null ? 'closed' : error.message),
    })
  }

  end(how: 'kill' | 'power'): void {
    this.server.isGone = true
    this.connections.ended(this.server, how)
  }

  run(): this {
    this.world.run(1000)
    return this
  }
}

function frames(connection: Connection, ...numbers: readonly number[]): void {
  for (const number of numbers) connection.send(Uint8Array.of(number))
}

const reset = 'the connection was reset'

describe('while nothing fails', () => {
  test('frames arrive in order, early ones too, and a close after them', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const pair = new Pair({}, seed)
      const connection = pair.connect()
      frames(connection, 1, 2, 3)
      pair.world.run(30)
      frames(connection, 4, 5)
      pair.run()
      expect(pair.heard).toEqual(['opened', '1', '2', '3', '4', '5'])
      frames(connection, 6)
      connection.close()
      expect(connection.send(Uint8Array.of(7))).toBe(false)
      pair.run()
      expect(pair.asked).toEqual(['1', '2', '3', '4', '5', '6', 'closed'])
      expect(pair.heard.slice(6)).toEqual(['closed'])
    }
  })

  test('the server ends it with what it said before', () => {
    const pair = new Pair()
    pair.connect()
    pair.run()
    frames(pair.taken[0] as Connection, 1, 2)
    pair.taken[0]?.close()
    pair.run()
    expect(pair.heard).toEqual(['opened', '1', '2', 'closed'])
    expect(pair.asked).toEqual(['closed'])
  })

  test('one that is given up before it is there ends at both ends', () => {
    const pair = new Pair()
    pair.connect().close()
    pair.run()
    expect(pair.heard).toEqual(['closed'])
    expect(pair.asked).toEqual([])
    const other = new Pair()
    const connection = other.connect()
    while (other.taken.length === 0) other.world.run(0.1)
    connection.close()
    other.run()
    expect(other.heard).toEqual(['closed'])
    expect(other.asked).toEqual(['closed'])
  })

  test('a full buffer takes nothing, until something has arrived', () => {
    const pair = new Pair({ bufferBytesMax: 10 })
    const connection = pair.connect()
    expect(connection.send(new Uint8Array(8))).toBe(true)
    expect(connection.send(new Uint8Array(3))).toBe(false)
    pair.run()
    expect(connection.send(new Uint8Array(10))).toBe(true)
  })
})

describe('processes that end', () => {
  test('nobody listens: it is refused; the machine is off: it is silent', () => {
    const pair = new Pair()
    pair.end('kill')
    pair.connect()
    pair.run()
    expect(pair.heard).toEqual(['the connection was refused'])
    const off = new Pair()
    off.end('power')
    off.connect()
    expect(off.run().heard).toEqual([])
  })

  test('a process that is killed is heard of, and takes no frame', () => {
    const pair = new Pair()
    const connection = pair.connect()
    pair.run()
    frames(connection, 1)
    pair.end('kill')
    expect(pair.run().heard).toEqual(['opened', reset])
    expect(pair.asked).toEqual([])
  })

  test('of a machine without power nothing is heard, until it is back and is spoken to', () => {
    const pair = new Pair()
    const connection = pair.connect()
    pair.run()
    pair.end('power')
    frames(connection, 1)
    expect(pair.run().heard).toEqual(['opened'])
    pair.restart()
    expect(pair.run().heard).toEqual(['opened'])
    frames(connection, 2)
    expect(pair.run().heard).toEqual(['opened', reset])
    expect(pair.asked).toEqual([])
  })
})

describe('the network', () => {
  test('a blocked street holds things back, one way, until all have unblocked it', () => {
    const pair = new Pair()
    const connection = pair.connect()
    pair.run()
    pair.connections.block('server', 'client')
    pair.connections.block('server', 'client')
    frames(connection, 1, 2)
    pair.run()
    pair.connections.unblock('server', 'client')
    pair.run()
    expect([pair.asked, pair.heard]).toEqual([['1', '2'], ['opened']])
    pair.connections.unblock('server', 'client')
    expect(pair.run().heard).toEqual(['opened', '1', '2'])
  })

  test('a broken connection delivers nothing that is sent after, and is over once', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const pair = new Pair({}, seed)
      const connection = pair.connect()
      pair.run()
      frames(connection, 1)
      pair.connections.break(() => true)
      frames(connection, 2)
      pair.run()
      expect(pair.asked).not.toContain('2')
      expect(pair.heard.filter((what) => what === reset)).toHaveLength(1)
      expect(pair.heard.at(-1)).toBe(reset)
      expect(pair.asked.at(-1)).toBe(reset)
    }
  })

  test('only those that are chosen break', () => {
    const pair = new Pair()
    const connection = pair.connect()
    pair.run()
    pair.connections.break((dialled, listening) => dialled === 'server' && listening === 'client')
    frames(connection, 1)
    expect(pair.run().heard).toEqual(['opened', '1'])
  })

  test('half-open: nobody hears of it', () => {
    const pair = new Pair({ halfOpenChance: 1 })
    const connection = pair.connect()
    pair.run()
    pair.connections.break(() => true)
    frames(connection, 1)
    expect(pair.run().heard).toEqual(['opened'])
    expect(pair.asked).toEqual([])
    expect(pair.connections.halfOpen).toBe(1)
  })

  test('one that is to be calm is calm, and goes on with what it held', () => {
    const pair = new Pair({ breakChance: 1 })
    pair.connections.block('client', 'server')
    const connection = pair.connect()
    pair.run()
    pair.connections.calm()
    pair.run()
    frames(connection, 1, 2, 3)
    pair.connections.block('client', 'server')
    expect(pair.run().heard).toEqual(['opened', '1', '2', '3'])
  })

  test('connections break at frames', () => {
    const pair = new Pair({ breakChance: 1 })
    const connection = pair.connect()
    pair.run()
    frames(connection, 1)
    expect(pair.run().heard).toEqual(['opened', reset])
    expect(pair.connections.broken).toBe(1)
  })
})
