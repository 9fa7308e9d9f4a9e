/**
 * The load on the course's servers, in a process of its own. `commands` are sent as the course's
 * clients send them, one datagram each and nobody answers: how many are committed is read from the
 * leader's log file. `requests` go to the leader and are answered.
 */
import { createSocket } from 'node:dgram'
import { closeSync, openSync, readSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { decodeEnvelope, encodeClientMessage, encodeCommand } from '../../dist/wire/index.js'
import { answerParent } from '../load/group.mjs'
import { closedLoop } from '../load/loops.mjs'
import { countLines } from './cluster.mjs'

const { targets } = JSON.parse(process.argv[2])

/** A receive buffer of the usual size takes some 250 small datagrams: no more are sent at once. */
const burstMax = 64

const receiveBufferBytes = 4 * 1024 * 1024

/** Nothing was committed for so long: what is on its way is lost. */
const lostAfterMs = 500
const repeatAfterMs = 1000

let sockets = []
let leader = 0
const awaited = new Map()
let lastId = 0

async function start() {
  sockets = await Promise.all(
    targets.map((port) => {
      const socket = createSocket('udp4')
      socket.on('error', () => {})
      socket.on('message', (bytes) => hear(bytes))
      return new Promise((done) => {
        socket.connect(port, '127.0.0.1', () => {
          // As the servers ask for: a thousand answers may come at once.
          socket.setRecvBufferSize(receiveBufferBytes)
          done(socket)
        })
      })
    }),
  )
  return true
}

function hear(bytes) {
  const decoded = decodeEnvelope(bytes, null, '')
  if (decoded.kind !== 'clientMessage') return
  awaited.get(decoded.message.requestId)?.(decoded.message)
  awaited.delete(decoded.message.requestId)
}

function nextCommand(length) {
  return new TextEncoder().encode(String(++lastId).padStart(length, 'c'))
}

/** Counts the lines that a file has got since it was last asked. */
class LineCounter {
  #buffer = Buffer.alloc(256 * 1024)
  #position = 0
  count = 0

  constructor(path) {
    this.descriptor = openSync(path, 'r')
  }

  update() {
    for (;;) {
      const got = readSync(this.descriptor, this.#buffer, 0, this.#buffer.length, this.#position)
      this.#position += got
      this.count += countLines(this.#buffer.subarray(0, got))
      if (got < this.#buffer.length) return
    }
  }
}

/** `to`: the number of a server, or null for each in turn. */
async function commands({ to, logFile, inFlight, payloadBytes, warmUpMs, measureMs }) {
  const lines = new LineCounter(logFile)
  lines.update()
  const first = lines.count
  const from = performance.now() + warmUpMs
  const until = from + measureMs
  let [sent, lost, movedAt, linesBefore] = [0, 0, performance.now(), 0]
  let began = null
  for (;;) {
    const now = performance.now()
    const before = lines.count
    lines.update()
    if (lines.count > before) movedAt = now
    if (began === null && now >= from) {
      began = now
      linesBefore = lines.count
    }
    const committed = lines.count - first
    if (now >= until) {
      const perSecond = (lines.count - linesBefore) / ((now - began) / 1000)
      const missing = await settle(lines, first + sent - lost)
      closeSync(lines.descriptor)
      return { perSecond, failed: lost + missing, sent }
    }
    if (now - movedAt > lostAfterMs) {
      lost += sent - lost - committed
      movedAt = now
    }
    for (let i = 0; i < burstMax && sent - lost - committed < inFlight; i++) {
      sockets[to ?? sent % sockets.length].send(encodeCommand(nextCommand(payloadBytes), 0))
      sent++
    }
    // Timers last a millisecond; a full window has time.
    await (sent - lost - committed < inFlight ? new Promise(setImmediate) : delay(1))
  }
}

/** How many of them never came. */
async function settle(lines, expected) {
  let movedAt = performance.now()
  while (lines.count < expected && performance.now() - movedAt < lostAfterMs) {
    const before = lines.count
    await delay(10)
    lines.update()
    if (lines.count > before) movedAt = performance.now()
  }
  return Math.max(0, expected - lines.count)
}

function requests({ to, payloadBytes, ...settings }) {
  leader = to
  return closedLoop({ ...settings, operation: () => request(payloadBytes) })
}

/**
 * Without a session: UDP may lose the request or its answer, and then it is sent again. Whoever
 * does not lead now is not asked again.
 */
async function request(payloadBytes) {
  const command = nextCommand(payloadBytes)
  const requestId = lastId
  const bytes = encodeClientMessage({
    kind: 'clientRequest',
    requestId,
    clientId: 0,
    sequenceNum: 0,
    lowestUnanswered: 0,
    command,
  })
  const timer = setInterval(() => sockets[leader].send(bytes), repeatAfterMs)
  try {
    for (;;) {
      const asked = leader
      const answered = new Promise((resolve) => awaited.set(requestId, resolve))
      sockets[asked].send(bytes)
      const { status, message } = await answered
      if (status === 'ok') return
      if (status !== 'notLeader') throw new Error(`${status} ${message}`)
      if (asked === leader) leader = (leader + 1) % sockets.length
      await delay(10)
    }
  } finally {
    clearInterval(timer)
  }
}

answerParent({ start, commands, requests })
