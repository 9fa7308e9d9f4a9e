// A job that runs on the leader alone: numbered reports, one after the other.
//
// What leadership promises: in one term there is one leader at most. What it does not: that a
// server which believes that it leads still does. It may have been cut off, or asleep, and another
// leads already in a later term; for a moment two servers run the job. So being leader only says
// who should try. What must not happen twice is decided by the log: each report is a command that
// carries the term of its leader and its number, and the state machine turns down one that comes
// from an earlier term, or whose number is not the next. An effect outside of the cluster (a mail,
// a payment) would carry the same term or the entry's index as a fencing token, as in lock.mjs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openServer } from 'kontiki'

class Reports {
  #term = 0
  #done = []

  apply({ term, number, by }) {
    if (term < this.#term) return { accepted: false, why: 'its leader was deposed' }
    this.#term = term
    if (number !== this.#done.length + 1) return { accepted: false, why: 'not the next number' }
    this.#done.push(by)
    return { accepted: true, why: '' }
  }

  query() {
    return this.#done
  }

  snapshot() {
    return [Buffer.from(JSON.stringify([this.#term, this.#done]))]
  }

  restore(chunks) {
    const [term, done] = JSON.parse(Buffer.concat([...chunks]).toString())
    this.#term = term
    this.#done = done
  }
}

/** Runs the job whenever this server leads. */
function runJob(server) {
  let reign = new AbortController()
  server.on('role', ({ role, term }) => {
    reign.abort()
    reign = new AbortController()
    if (role === 'leader') void work(server, term, reign.signal)
  })
  server.on('closed', () => reign.abort())
}

/** One report after the other. What became of one without an answer, the next number tells. */
async function work(server, term, signal) {
  while (!signal.aborted) {
    try {
      const number = (await server.query({}, { signal })).length + 1
      await server.propose({ term, number, by: server.id }, { signal })
      await sleep(20, undefined, { signal })
    } catch (error) {
      if (!signal.aborted && error.code !== 'CLOSED') console.error(error.message)
    }
  }
}

const [a, b, c] = (process.env.PORTS ?? '7131,7132,7133').split(',')
const servers = { a: `127.0.0.1:${a}`, b: `127.0.0.1:${b}`, c: `127.0.0.1:${c}` }
const folder = mkdtempSync(join(tmpdir(), 'leader-job-'))
const opened = await Promise.all(
  ['a', 'b', 'c'].map(async (id) => {
    const data = { dataDir: join(folder, id), bootstrap: true }
    const stateMachine = new Reports()
    const server = await openServer({ id, servers, ...data, stateMachine, timeoutMs: 30_000 })
    runJob(server)
    return server
  }),
)

async function reportsOf(server, enough) {
  for (;;) {
    const reports = await server.query({})
    if (enough(reports)) return reports
    await sleep(20)
  }
}

await reportsOf(opened[0], (reports) => reports.length >= 5)
const old = opened.find((server) => server.status().role === 'leader')
const { term } = old.status()
const [other, third] = opened.filter((server) => server !== old)
console.log('five reports are there')
await old.close()
console.log('the leader is gone')

const before = (await other.query({})).length
const reports = await reportsOf(other, (all) => all.length >= before + 5)
console.log('five more are there, by the old leader:', reports.slice(before).includes(old.id))
const late = { term, number: reports.length + 1, by: old.id }
console.log('one that the old leader had still sent:', (await third.propose(late)).why)

await Promise.all([other.close(), third.close()])
rmSync(folder, { recursive: true })
