/**
 * Figure 6.1 by hand: speaks to running raftservers over UDP, without any library, and prints every
 * datagram in hex. Start three servers (see the README), then:
 *
 *   node examples/figure-6-1.mjs 127.0.0.1:2000 127.0.0.1:2001 127.0.0.1:2002
 */
import { createSocket } from 'node:dgram'

const statuses =
  'ABSENT OK NOT_LEADER SESSION_EXPIRED OVERLOADED TOO_LARGE UNKNOWN UNAVAILABLE BAD_REQUEST'
const sendAgainMs = 500
const deadlineMs = 10_000

/** Protobuf, as much as is needed: fields of numbers and of bytes. */
function varint(value) {
  const bytes = []
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) + 128)
  return [...bytes, value]
}

const number = (field, value) => [...varint(field * 8), ...varint(value)]
const bytes = (field, value) => [...varint(field * 8 + 2), ...varint(value.length), ...value]
const text = (field, value) => bytes(field, Buffer.from(value))

function readVarint(from, at) {
  let [value, weight] = [0, 1]
  for (;;) {
    const byte = from[at++]
    value += (byte % 128) * weight
    weight *= 128
    if (byte < 128) return [value, at]
  }
}

/** The fields of a message, by number. */
function fields(message) {
  const found = new Map()
  for (let at = 0; at < message.length; ) {
    const [tag, afterTag] = readVarint(message, at)
    const [value, afterValue] = readVarint(message, afterTag)
    const isBytes = tag % 8 === 2
    at = isBytes ? afterValue + value : afterValue
    found.set(Math.floor(tag / 8), isBytes ? message.subarray(afterValue, at) : value)
  }
  return found
}

const hex = (message) => [...message].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')

const socket = createSocket('udp4')
let hear = () => {}
socket.on('message', (answer) => hear(answer))

/** Sends until it is answered: UDP promises nothing, and the same RequestId changes nothing. */
async function exchange(server, title, request) {
  const [host, port] = server.split(':')
  console.log(`\n${title}\n  to ${server}\n  > ${hex(request)}`)
  const answer = await new Promise((resolve, reject) => {
    const send = () => socket.send(Uint8Array.from(request), Number(port), host)
    const again = setInterval(send, sendAgainMs)
    const late = setTimeout(() => {
      clearInterval(again)
      reject(new Error(`${server} does not answer`))
    }, deadlineMs)
    hear = (heard) => {
      clearInterval(again)
      clearTimeout(late)
      resolve(heard)
    }
    send()
  })
  const [body] = [...fields(answer).values()]
  const found = fields(body)
  const status = statuses.split(' ')[found.get(2)]
  const response = found.get(5) instanceof Uint8Array ? ` "${found.get(5)}"` : ''
  const why = found.has(3) ? ` (${found.get(3)})` : ''
  const hint = found.has(4) ? fields(found.get(4)).get(2) : null
  console.log(
    `  < ${hex(answer)}\n  ${status}${response}${why}${hint === null ? '' : ` -> ${hint}`}`,
  )
  return { status, clientId: found.get(5), hint: hint === null ? null : String(hint) }
}

let requestId = 0
const register = () => bytes(32, number(1, ++requestId))
const request = (clientId, sequenceNum, command) =>
  bytes(34, [
    ...number(1, ++requestId),
    ...number(2, clientId),
    ...number(3, sequenceNum),
    ...number(4, 1),
    ...text(5, command),
  ])
const query = (question) =>
  bytes(36, [...number(1, ++requestId), ...(question === '' ? [] : text(3, question))])

async function run(servers) {
  let leader = servers[0]
  let opened = null
  for (let tries = 0; opened?.status !== 'OK'; tries++) {
    if (tries === 10) throw new Error('no server opens a session')
    opened = await exchange(leader, 'RegisterClient', register())
    if (opened.status !== 'OK') leader = opened.hint ?? servers[tries % servers.length]
  }
  const first = request(opened.clientId, 1, 'hello')
  await exchange(leader, 'ClientRequest, number 1 of the session', first)
  await exchange(leader, 'the same again: one effect, the same answer', first)
  await exchange(leader, 'ClientQuery: the last line', query(''))
  const other = servers.find((server) => server !== leader)
  if (other !== undefined) {
    await exchange(other, 'ClientRequest at a follower', request(opened.clientId, 2, 'there'))
  }
  await exchange(
    leader,
    'ClientRequest of a session that there is not',
    request(999_999, 1, 'lost'),
  )
}

const servers = process.argv.slice(2)
if (servers.length === 0) {
  console.error('usage: node examples/figure-6-1.mjs HOST:PORT...')
  process.exitCode = 2
  socket.close()
} else {
  run(servers)
    .catch((error) => {
      console.error(`figure-6-1: ${error.message}`)
      process.exitCode = 1
    })
    .finally(() => socket.close())
}
