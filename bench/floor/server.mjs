/**
 * The least that replication can be: number 0 sends what it is given to the two others over TCP and
 * writes it to its own disk at the same time; they write and acknowledge; a command is done when two
 * of the three disks have it. No terms, no log that could be read again, no checks. What is gathered
 * while a disk is busy goes as one write: so does Kontiki.
 */
import { fdatasync, fdatasyncSync, openSync, write, writeSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { answerParent } from '../load/group.mjs'
import { closedLoop } from '../load/loops.mjs'

const { number, ports, directory, payloadBytes, blocking } = JSON.parse(process.argv[2])
const file = openSync(join(directory, `floor-${number}`), 'w')
// The file has its size before, as a log's segment has: a sync writes no metadata then.
const sizeBytes = 64 * 1024 * 1024
for (let at = 0; at < sizeBytes; at += 1 << 20)
  writeSync(file, Buffer.alloc(1 << 20), 0, 1 << 20, at)
fdatasyncSync(file)
let position = 0

/** Makes the bytes durable, then calls back. */
function makeDurable(bytes, done) {
  if (position + bytes.length > sizeBytes) position = 0
  const at = position
  position += bytes.length
  if (blocking) {
    writeSync(file, bytes, 0, bytes.length, at)
    fdatasyncSync(file)
    done()
    return
  }
  write(file, bytes, 0, bytes.length, at, (error) => {
    if (error) throw error
    fdatasync(file, (problem) => {
      if (problem) throw problem
      done()
    })
  })
}

/** Pieces that come while the disk is busy go together. */
class Disk {
  #pieces = []
  #isBusy = false
  constructor(durable) {
    this.durable = durable
  }

  add(piece) {
    this.#pieces.push(piece)
    if (!this.#isBusy) this.#next()
  }

  #next() {
    const bytes = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#isBusy = true
    makeDurable(bytes, () => {
      this.#isBusy = false
      this.durable(bytes.length)
      if (this.#pieces.length > 0 && !this.#isBusy) this.#next()
    })
  }
}

function follow() {
  return new Promise((listening) => {
    createServer((socket) => {
      socket.setNoDelay(true)
      const disk = new Disk((length) => {
        const answer = Buffer.alloc(4)
        answer.writeUInt32LE(length)
        socket.write(answer)
      })
      socket.on('data', (piece) => disk.add(piece))
      socket.on('error', () => {})
    }).listen(ports[number], '127.0.0.1', () => listening(true))
  })
}

const peers = []
const durableBytes = [0, 0, 0]
const waiting = []
let done = 0
let gathered = []

function acknowledge(who, length) {
  durableBytes[who] += length
  const committed = [...durableBytes].sort((a, b) => a - b)[1] / payloadBytes
  while (done + 1 <= committed) {
    done++
    waiting.shift()()
  }
}
const own = new Disk((length) => acknowledge(0, length))

function flush() {
  const bytes = Buffer.concat(gathered)
  gathered = []
  for (const peer of peers) peer.write(bytes)
  own.add(bytes)
}

function propose(payload) {
  return new Promise((resolve) => {
    waiting.push(resolve)
    gathered.push(payload)
    if (gathered.length === 1) setImmediate(flush)
  })
}

function lead() {
  return Promise.all(
    [1, 2].map((who) => {
      return new Promise((connected) => {
        const socket = connect(ports[who], '127.0.0.1', () => connected(true))
        socket.setNoDelay(true)
        let rest = Buffer.alloc(0)
        socket.on('data', (data) => {
          rest = Buffer.concat([rest, data])
          for (; rest.length >= 4; rest = rest.subarray(4)) acknowledge(who, rest.readUInt32LE(0))
        })
        socket.on('error', () => {})
        peers.push(socket)
      })
    }),
  )
}

answerParent({
  start: () => (number === 0 ? true : follow()),
  lead,
  run: ({ inFlight, warmUpMs, measureMs }) => {
    const payload = Buffer.alloc(payloadBytes, 'x')
    return closedLoop({ inFlight, warmUpMs, measureMs, operation: () => propose(payload) })
  },
})
