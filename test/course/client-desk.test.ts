/**
 * Figure 6.1 in datagrams at the course's servers: what clients are answered, what repeats do, and
 * that nothing is put into a log which a foreign server would misread.
 */
import { describe, expect, test } from 'vitest'
import { utf8Decode, utf8Encode } from '../../src/base/bytes.ts'
import { logLines } from '../../src/course/print.ts'
import {
  type ClientRequestMessage,
  type ClientResponseMessage,
  clientQueryRequest,
  clientRequest,
  closeSessionRequest,
  decodeEnvelope,
  encodeClientMessage,
  keepAliveRequest,
  registerClientRequest,
  statusRequest,
} from '../../src/wire/index.ts'
import {
  commandDatagram,
  commandsOf,
  type Inhabitant,
  three,
  threeServers,
  World,
} from './world.ts'

const client = '192.0.2.1:9999'

/** The answers that have left since the last look. */
function answers(world: World): ClientResponseMessage[] {
  return world.answers.splice(0).map(({ from, to, bytes }) => {
    expect(to).toBe(client)
    expect(bytes.length).toBeLessThanOrEqual(1372)
    const decoded = decodeEnvelope(bytes, from, '')
    if (decoded.kind !== 'clientMessage' || !('status' in decoded.message)) {
      throw new Error(`no answer: ${decoded.kind}`)
    }
    return decoded.message
  })
}

function send({ server }: Inhabitant, ...requests: ClientRequestMessage[]): void {
  for (const request of requests) server.receive(encodeClientMessage(request), null, client)
}

/** Sends one after the other and waits for each answer: its status and what it brings. */
function ask(world: World, at: Inhabitant, ...requests: ClientRequestMessage[]): string[] {
  return requests.map((request) => {
    send(at, request)
    world.settle()
    const [response, ...more] = answers(world)
    expect(more).toEqual([])
    if (response === undefined) return 'silence'
    expect(response.requestId).toBe(request.requestId)
    const bytes = 'response' in response ? utf8Decode(response.response) : ''
    const hint = 'leaderHint' in response ? response.leaderHint : null
    const to = hint === null ? '' : `-> ${hint.id} ${hint.address}`
    return [response.status, bytes || response.message, to].filter((part) => part).join(' ')
  })
}

const x = utf8Encode('x')

function register(world: World, leader: Inhabitant): number {
  send(leader, registerClientRequest(1))
  world.settle()
  const [response] = answers(world)
  return response?.kind === 'registerClientResponse' ? response.clientId : 0
}

function query(text: string): ClientRequestMessage {
  return clientQueryRequest(7, 'linearizable', utf8Encode(text))
}

describe('a client', () => {
  test('has a session, and a command under one number once', () => {
    const { world, leader } = threeServers()
    const clientId = register(world, leader)
    expect(clientId).toBe(2)
    const request = clientRequest(2, clientId, 1, 1, x)
    expect(ask(world, leader, request, request, { ...request, requestId: 3 })).toEqual([
      'ok 3',
      'ok 3',
      'ok 3',
    ])
    world.run(200)
    for (const inhabitant of world.inhabitants.values())
      expect(commandsOf(inhabitant)).toEqual(['x'])
    // `log` shows entries: the session's command without its wrapping, and each repeat.
    expect([...logLines(leader.server)]).toEqual(['1,1,', '1,2,', '1,3,x', '1,4,x', '1,5,x'])
  })

  test('that repeats what is under way gets one answer, and nothing is done twice', () => {
    const { world, leader } = threeServers()
    send(leader, clientRequest(5, 0, 0, 0, x), clientRequest(5, 0, 0, 0, x))
    send(leader, registerClientRequest(5), registerClientRequest(5))
    world.settle()
    expect(answers(world).map(({ kind }) => kind)).toEqual([
      'clientResponse',
      'registerClientResponse',
    ])
    expect(leader.server.counters).toMatchObject({ clientRequests: 2, clientRequestsRepeated: 2 })
    expect(commandsOf(leader)).toEqual(['x'])
    // What is answered is under way no more.
    expect(ask(world, leader, clientRequest(5, 0, 0, 0, x))).toEqual(['ok 4'])
  })

  test('asks for a line by its index, or for the last', () => {
    const { world, leader } = threeServers()
    ask(world, leader, clientRequest(1, 0, 0, 0, x), clientRequest(2, 0, 0, 0, utf8Encode('y')))
    expect(ask(world, leader, query('2'), query(''), query('1'))).toEqual([
      'ok 1,2,x',
      'ok 1,3,y',
      'ok 1,1,',
    ])
    expect(ask(world, leader, query('4'), query('01'), query('x'))).toEqual([
      'badRequest entry 4 is not applied; 3 is',
      'badRequest a query is empty, or an index from 1 up',
      'badRequest a query is empty, or an index from 1 up',
    ])
  })

  test('is sent on to the leader by a follower, whatever it asks of the log', () => {
    const { world, leader, followers } = threeServers()
    const [follower] = followers as [Inhabitant]
    const requests = [
      registerClientRequest(1),
      clientRequest(2, 9, 1, 1, x),
      clientRequest(3, 0, 0, 0, x),
      query(''),
      keepAliveRequest(4, 9),
      closeSessionRequest(5, 9),
    ]
    const hint = `notLeader -> ${leader.server.id} ${leader.server.id}`
    expect(ask(world, follower, ...requests)).toEqual(requests.map(() => hint))
  })

  test('is told when there is no such session', () => {
    const { world, leader } = threeServers()
    const clientId = register(world, leader)
    expect(
      ask(
        world,
        leader,
        keepAliveRequest(2, clientId),
        closeSessionRequest(3, clientId),
        clientRequest(4, clientId, 1, 1, x),
      ),
    ).toEqual(['ok', 'ok', 'sessionExpired there is no such session'])
  })

  test('learns how a server is, in one datagram', () => {
    const { world, leader } = threeServers()
    send(leader, statusRequest(1))
    const [response] = answers(world)
    const status = response?.kind === 'statusResponse' ? JSON.parse(response.json) : null
    expect(status).toEqual(leader.server.status())
    expect(status).toMatchObject({ id: leader.server.id, role: 'leader', lastApplied: 1 })
  })

  test('hears why where the answer is longer than a datagram', () => {
    const world = new World()
    const five = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name.repeat(20)}:1`)
    for (const id of five) world.add(id, five, { datagramBytesMax: 512 })
    expect(ask(world, world.elect(), statusRequest(1))).toEqual([
      expect.stringMatching(/^tooLarge the answer has \d+ bytes, and a datagram 512 at most$/),
    ])
  })

  test('gets no answer from a Failed server, then or later', () => {
    const { world, leader } = threeServers()
    for (const id of three) if (id !== leader.server.id) world.cutOff.add(id)
    send(leader, clientRequest(1, 0, 0, 0, x), query(''))
    world.settle()
    leader.server.suspend()
    send(leader, clientRequest(2, 0, 0, 0, x), statusRequest(3))
    world.run(500)
    leader.server.resume()
    world.run(500)
    expect(answers(world)).toEqual([])
    expect(leader.server.counters.clientMessagesWhileFailed).toBe(2)
    expect(leader.errors).toEqual([])
    // The same request is no repeat of what was forgotten.
    expect(ask(world, leader, clientRequest(1, 0, 0, 0, x))[0]).toMatch(/^notLeader/)
  })
})

test('unasked answers, and requests of other servers, are counted and dropped', () => {
  const { world, leader, followers } = threeServers()
  const [follower] = followers as [Inhabitant]
  const request = encodeClientMessage(statusRequest(1))
  leader.server.receive(request, follower.server.id)
  send(leader, statusRequest(1))
  const [answer] = world.answers.splice(0)
  leader.server.receive(answer?.bytes ?? request, null, client)
  world.settle()
  expect(leader.server.counters.clientMessagesUnexpected).toBe(2)
  expect(world.answers).toEqual([])
})

describe('beside servers that may be of another implementation', () => {
  /** A leader that has never heard of one of its peers. */
  function withSilentPeer() {
    const world = new World()
    for (const id of three) world.add(id, three)
    world.cutOff.add('c:3')
    return { world, leader: world.elect() }
  }

  test('no session begins before every server has shown that it understands them', () => {
    const { world, leader } = withSilentPeer()
    const why = 'unavailable not known to understand sessions yet: c:3'
    const requests = [
      registerClientRequest(1),
      clientRequest(2, 9, 1, 1, x),
      keepAliveRequest(3, 9),
      closeSessionRequest(4, 9),
    ]
    expect(ask(world, leader, ...requests)).toEqual(requests.map(() => why))
    expect(leader.server.state.log.lastIndex).toBe(1)
    world.cutOff.clear()
    world.run(1000)
    expect(register(world, world.elect())).toBeGreaterThan(0)
  })

  test('commands without a session go as Listing 1 has them, or not at all', () => {
    const { world, leader } = withSilentPeer()
    expect(
      ask(
        world,
        leader,
        clientRequest(1, 0, 0, 0, x),
        clientRequest(2, 0, 0, 0, Uint8Array.of(0xff)),
        clientRequest(3, 0, 0, 0, new Uint8Array(0)),
        query(''),
      ),
    ).toEqual([
      'ok 2',
      'badRequest a command without a session is text, and not empty',
      'badRequest a command without a session is text, and not empty',
      'ok 1,2,x',
    ])
  })

  test('once one has begun, servers may fail as ever', () => {
    const { world, leader } = threeServers()
    const clientId = register(world, leader)
    world.cutOff.add(leader.server.id)
    const next = world.elect()
    expect(next).not.toBe(leader)
    expect(ask(world, next, clientRequest(1, clientId, 1, 1, x))).toEqual(['ok 4'])
  })
})

test('commands of clients that wait for no answer, and of those that do, make one log', () => {
  const { world, leader } = threeServers()
  leader.server.receive(commandDatagram('first'), null, client)
  send(leader, clientRequest(1, 0, 0, 0, x))
  leader.server.receive(commandDatagram('last'), null, client)
  world.settle()
  expect(answers(world)).toHaveLength(1)
  expect(commandsOf(leader)).toEqual(['first', 'x', 'last'])
})
