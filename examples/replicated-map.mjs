// A Map that is the same on three servers. Changes go through the log. Reads come in two kinds:
// `get` asks the cluster and reflects whatever was answered before; `peek` looks at this server's
// own copy, at once and without the network, and may be behind.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openServer } from 'kontiki'

class MapMachine {
  map = new Map()

  apply({ set, key, value }) {
    const before = this.map.get(key) ?? null
    if (set) this.map.set(key, value)
    else this.map.delete(key)
    return before
  }

  query({ key }) {
    return this.map.get(key) ?? null
  }

  snapshot() {
    return [Buffer.from(JSON.stringify([...this.map]))]
  }

  restore(chunks) {
    this.map = new Map(JSON.parse(Buffer.concat([...chunks]).toString()))
  }
}

class ReplicatedMap {
  #server
  #machine

  constructor(server, machine) {
    this.#server = server
    this.#machine = machine
  }

  static async open(settings) {
    const stateMachine = new MapMachine()
    return new ReplicatedMap(await openServer({ ...settings, stateMachine }), stateMachine)
  }

  /** What was there before, or null; the same for `delete`. */
  set(key, value) {
    return this.#server.propose({ set: true, key, value })
  }

  delete(key) {
    return this.#server.propose({ set: false, key })
  }

  get(key) {
    return this.#server.query({ key })
  }

  peek(key) {
    return this.#machine.map.get(key) ?? null
  }

  get leads() {
    return this.#server.status().role === 'leader'
  }

  close() {
    return this.#server.close()
  }
}

const [a, b, c] = (process.env.PORTS ?? '7141,7142,7143').split(',')
const servers = { a: `127.0.0.1:${a}`, b: `127.0.0.1:${b}`, c: `127.0.0.1:${c}` }
const folder = mkdtempSync(join(tmpdir(), 'replicated-map-'))
const open = (id) => {
  const data = { dataDir: join(folder, id), bootstrap: true }
  return ReplicatedMap.open({ id, servers, ...data, timeoutMs: 30_000 })
}
const maps = new Map()
for (const [id, map] of await Promise.all(
  ['a', 'b', 'c'].map(async (id) => [id, await open(id)]),
)) {
  maps.set(id, map)
}

const [one, other] = maps.values()
console.log('before:', await one.set('colour', { name: 'red' }))
console.log('before:', (await other.set('colour', { name: 'blue' })).name)
console.log('now, on any server:', (await one.get('colour')).name)

const [leader] = [...maps].find(([, map]) => map.leads)
await maps.get(leader).close()
maps.delete(leader)
console.log('the leader is gone')
const [left] = maps.values()
await left.set('shape', { name: 'round' })
await left.delete('colour')
console.log('the others go on:', (await left.get('shape')).name, await left.get('colour'))

const back = await open(leader)
maps.set(leader, back)
while (back.peek('shape') === null || back.peek('colour') !== null) await sleep(10)
console.log('back again, its own copy has caught up:', back.peek('shape').name)

await Promise.all([...maps.values()].map((map) => map.close()))
rmSync(folder, { recursive: true })
