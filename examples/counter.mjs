// A counter on three servers. A hundred increments are sent while the leader goes away, and each
// one happens once: the sum is right, and no two callers are given the same number.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openServer } from 'kontiki'

class Counter {
  #value = 0

  apply({ add }) {
    this.#value += add
    return this.#value
  }

  query() {
    return this.#value
  }

  snapshot() {
    return [Buffer.from(String(this.#value))]
  }

  restore(chunks) {
    this.#value = Number(Buffer.concat([...chunks]).toString())
  }
}

const [a, b, c] = (process.env.PORTS ?? '7111,7112,7113').split(',')
const servers = { a: `127.0.0.1:${a}`, b: `127.0.0.1:${b}`, c: `127.0.0.1:${c}` }
const folder = mkdtempSync(join(tmpdir(), 'counter-'))
const open = (id) =>
  openServer({
    id,
    servers,
    dataDir: join(folder, id),
    bootstrap: true,
    stateMachine: new Counter(),
    timeoutMs: 30_000,
  })

const opened = await Promise.all(['a', 'b', 'c'].map(open))
console.log('one more makes', await opened[0].propose({ add: 1 }))

const leader = opened.find((server) => server.status().role === 'leader')
const others = opened.filter((server) => server !== leader)
const numbers = Array.from({ length: 100 }, (_, i) => others[i % 2].propose({ add: 1 }))
await leader.close()
console.log('the leader is gone')

const given = new Set(await Promise.all(numbers))
console.log('a hundred more were given', given.size, 'different numbers')
console.log('the counter stands at', await others[0].query({}))

const back = await open(leader.id)
console.log('and where the leader was, at', await back.query({}))

await Promise.all([...others, back].map((server) => server.close()))
rmSync(folder, { recursive: true })
