/** raftclient as a process: what it sends, what it refuses, and how it ends (C18). */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { tmpdir } from 'node:os'
import { afterEach, expect, test } from 'vitest'
import { CommandSender } from '../../src/cli/raftclient/command-sender.ts'
import { freePorts } from '../harness/free-ports.ts'
import { Program } from '../harness/program.ts'
import { waitFor } from '../harness/waiting.ts'
import { listing1 } from '../wire/reflection.ts'

interface Receiver {
  readonly port: number
  readonly datagrams: { readonly bytes: Uint8Array; readonly from: RemoteInfo }[]
}

const sockets: Socket[] = []
const clients: Program[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) await client.kill()
  for (const socket of sockets.splice(0)) {
    await new Promise<void>((closed) => socket.close(() => closed()))
  }
})

/** Somebody who listens as a server would. */
async function receiver(address = '127.0.0.1'): Promise<Receiver> {
  const [port] = (await freePorts(1)) as [number]
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const datagrams: Receiver['datagrams'] = []
  socket.on('message', (bytes, from) => datagrams.push({ bytes, from }))
  await new Promise<void>((bound) => socket.bind(port, address, bound))
  sockets.push(socket)
  return { port, datagrams }
}

function client(...args: string[]): Program {
  const program = new Program('raftclient', { folder: tmpdir(), args })
  clients.push(program)
  return program
}

test('a line is a CommandName datagram, all from one address; others are refused', async () => {
  const { port, datagrams } = await receiver()
  const program = client(`127.0.0.1:${port}`)
  program.child.stdin?.end('insert\r\nnot this\n\nInsert_2\n,\nx-3\nsame\nsame')
  expect(await program.end()).toEqual({ status: 0, signal: null })
  const rule = 'a command has letters, digits, - and _ only'
  expect(program.errors).toEqual([
    `raftclient: line 2 is not sent: a blank at character 4: ${rule}`,
    'raftclient: line 3 is not sent: a command is not empty',
    `raftclient: line 5 is not sent: , at character 1: ${rule}`,
  ])
  expect(program.output).toEqual([])
  await waitFor('all have arrived', () => datagrams.length === 5)
  expect(datagrams.map(({ bytes }) => listing1.decode(bytes))).toEqual(
    ['insert', 'Insert_2', 'x-3', 'same', 'same'].map((CommandName) => ({ CommandName })),
  )
  expect(datagrams[0]?.bytes).toEqual(Buffer.from('\x2a\x06insert'))
  expect(new Set(datagrams.map(({ from }) => from.port)).size).toBe(1)
})

test('"exit" ends it, though there is more and the input stays open', async () => {
  const { port, datagrams } = await receiver()
  const program = client(`127.0.0.1:${port}`)
  program.type('last', 'exit', 'unread')
  expect(await program.end()).toEqual({ status: 0, signal: null })
  await waitFor('what was read has arrived', () => datagrams.length > 0)
  expect(datagrams.map(({ bytes }) => listing1.decode(bytes))).toEqual([{ CommandName: 'last' }])
})

test('a command too long for a datagram is refused, unless datagrams are larger', async () => {
  const { port, datagrams } = await receiver()
  const input = `${'x'.repeat(2000)}\n`
  const small = client(`127.0.0.1:${port}`)
  small.child.stdin?.end(input)
  expect((await small.end()).status).toBe(0)
  expect(small.errors).toEqual([
    expect.stringMatching(
      /^raftclient: line 1 is not sent: a command of 2000 bytes is too long .*: 12\d\d bytes/,
    ),
  ])
  const large = client(`127.0.0.1:${port}`, '--datagram-bytes', '65507')
  large.child.stdin?.end(input)
  expect((await large.end()).status).toBe(0)
  await waitFor('it has arrived', () => datagrams.length === 1)
  expect(large.errors).toEqual([])
})

test('where nobody listens it says so, once, and ends well all the same', async () => {
  const [port] = (await freePorts(1)) as [number]
  const program = client(`127.0.0.1:${port}`)
  program.child.stdin?.end(Array.from({ length: 50 }, (_, n) => `c${n}\n`).join(''))
  expect(await program.end()).toEqual({ status: 0, signal: null })
  expect(program.errors).toEqual([
    `raftclient: nobody listens at 127.0.0.1:${port}; what is sent there now is lost`,
  ])
})

test('of the addresses of a name it finds the one where somebody listens', async () => {
  const { port, datagrams } = await receiver('127.0.0.1')
  const place = { id: `name:${port}`, host: 'name', port }
  const warnings: string[] = []
  const lookup = async (): Promise<string[]> => ['127.0.0.2', '127.0.0.3', '127.0.0.1', '::1']
  const sender = await CommandSender.open(place, (text) => warnings.push(text), lookup)
  const [first, second] = ['first', 'second'].map((CommandName) => listing1.encode({ CommandName }))
  await sender.send(first as Uint8Array)
  await sender.send(second as Uint8Array)
  await sender.close()
  await waitFor('both have arrived', () => datagrams.length === 2)
  expect(datagrams.map(({ bytes }) => Uint8Array.from(bytes))).toEqual([first, second])
  expect(warnings).toEqual([])
})

test('it sends no faster than a server with a small buffer can read', async () => {
  const { port, datagrams } = await receiver()
  const place = { id: `127.0.0.1:${port}`, host: '127.0.0.1', port }
  const sender = await CommandSender.open(place, () => {})
  const start = performance.now()
  for (let n = 0; n < 1600; n++) await sender.send(Uint8Array.of(0x2a, 1, 0x61))
  // A hundred bursts with a millisecond between them; timers may be a little early.
  expect(performance.now() - start).toBeGreaterThan(80)
  await sender.close()
  await waitFor('nearly all have arrived', () => datagrams.length > 1500)
})
