// A lock that survives its holders, with fencing tokens. Whoever holds it renews it; who sees it
// unchanged for longer than the lease takes it over. Neither compares clocks with the other. A
// holder that was only slow still believes that it holds the lock, and no lock can prevent that:
// so each write carries the token with which the lock was taken, the index of the log entry that
// took it, and whatever is written to refuses a token below the highest that it has seen.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bytesCodecs, KeyValueStore, keyValueMachine, openServer } from 'kontiki'
import { openClient } from 'kontiki/client'

const leaseMs = 500

class Lock {
  #store
  #key
  #owner
  token = null

  constructor(store, key, owner) {
    this.#store = store
    this.#key = key
    this.#owner = owner
  }

  /** Waits until the lock is free, or its holder has not renewed it for a whole lease. */
  async acquire() {
    for (let seen = null; ; ) {
      const held = await this.#store.get(this.#key)
      if (held !== null && held.modificationIndex !== seen?.modificationIndex) {
        seen = held
        await sleep(leaseMs)
      } else if (await this.#take(held?.modificationIndex ?? 0)) {
        return this.token
      }
    }
  }

  /** To be called well within each lease. False: it is somebody else's. */
  renew() {
    return this.#take(this.token)
  }

  async release() {
    await this.#store.delete(this.#key, { expectedModificationIndex: this.token })
    this.token = null
  }

  async #take(expectedModificationIndex) {
    const settings = { expectedModificationIndex }
    const result = await this.#store.put(this.#key, this.#owner, settings)
    if (result.kind === 'changed') this.token = result.revision.modificationIndex
    return result.kind === 'changed'
  }
}

/** What the lock protects. It is not part of the cluster: a disk, a printer, another service. */
const ledger = {
  highest: 0,
  lines: [],
  write(line, token) {
    if (token < this.highest) return 'refused: the token is too old'
    this.highest = token
    this.lines.push(line)
    return 'written'
  },
}

const [a, b, c] = (process.env.PORTS ?? '7121,7122,7123').split(',')
const servers = { a: `127.0.0.1:${a}`, b: `127.0.0.1:${b}`, c: `127.0.0.1:${c}` }
const folder = mkdtempSync(join(tmpdir(), 'lock-'))
const codecs = bytesCodecs
const timeoutMs = 30_000
const opened = await Promise.all(
  ['a', 'b', 'c'].map((id) => {
    const data = { dataDir: join(folder, id), bootstrap: true }
    return openServer({ id, servers, ...data, stateMachine: keyValueMachine(), codecs })
  }),
)
const clients = [1, 2].map(() => openClient({ servers, codecs, timeoutMs }))
const [ada, bob] = ['Ada', 'Bob'].map((owner, i) => {
  return new Lock(new KeyValueStore(clients[i]), 'locks/ledger', owner)
})

const first = await ada.acquire()
console.log('Ada has the lock;', ledger.write('from Ada', first))
console.log('Ada renews it:', await ada.renew())

const leader = opened.find((server) => server.status().role === 'leader')
await leader.close()
console.log('the leader is gone; the lock is not')

const adas = ada.token
const bobs = await bob.acquire()
console.log('Ada says nothing for a lease, and Bob has the lock;', ledger.write('from Bob', bobs))
console.log('a higher token:', bobs > adas)
console.log('Ada wakes up and writes;', ledger.write('from Ada, too late', adas))
console.log('Ada renews it:', await ada.renew())
await bob.release()
console.log('the ledger:', ledger.lines.join(', '))

await Promise.all(clients.map((client) => client.close()))
await Promise.all(opened.map((server) => server.close()))
rmSync(folder, { recursive: true })
