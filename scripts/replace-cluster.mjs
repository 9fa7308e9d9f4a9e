// Replaces every server of a running cluster of three, one `kontiki member replace` each, while
// clients write, and prints what the clients saw of it: writes that failed, and the longest time in
// which nothing was answered. Its status is 1 where a write failed, or waited for longer than two
// of the longest election timeouts: leaders hand over, and nobody waits for an election. Servers
// are processes of their own, and old ones are stopped as soon as they are replaced.
//
//   node scripts/replace-cluster.mjs          for people
//   node scripts/replace-cluster.mjs --json   one object
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { bytesCodecs, KeyValueStore, openClient } = await import(join(root, 'dist/library/index.js'))
const kontiki = join(root, 'bin/kontiki.js')
const folder = mkdtempSync(join(tmpdir(), 'kontiki-replace-'))
const writers = 4
const electionTimeoutMs = 400
const gapMaxMs = 2 * (2 * electionTimeoutMs)
const children = new Map()

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => server.address().port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

function run(args) {
  const child = spawn(process.execPath, [kontiki, ...args], { cwd: folder })
  const heard = { child, stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      heard[stream] += text
    })
  }
  heard.ended = once(child, 'close')
  return heard
}

async function serve(id, servers, ...more) {
  const args = ['serve', '--id', id, '--servers', servers, '--data-dir', id, ...more]
  const timeout = ['--election-timeout', `${electionTimeoutMs}ms`]
  const heard = run([...args, ...timeout])
  children.set(id, heard)
  while (!heard.stderr.includes('listening on')) {
    if (heard.child.exitCode !== null) throw new Error(`${id} has ended: ${heard.stderr}`)
    await sleep(10)
  }
}

async function replace(servers, old, id, address) {
  const args = ['member', 'replace', old, `${id}=${address}`, '--servers', servers]
  const heard = run([...args, '--json'])
  const [status] = await heard.ended
  if (status !== 0) throw new Error(`replacing ${old} by ${id}: ${heard.stderr}`)
  const before = children.get(old)
  before.child.kill('SIGTERM')
  await before.ended
  return JSON.parse(heard.stdout)
}

/** Writes without a pause, until `seen.isOver`. */
async function write(store, name, seen) {
  for (let i = 0; !seen.isOver; i++) {
    const startedAt = performance.now()
    try {
      await store.put(name, String(i))
      seen.written += 1
    } catch (error) {
      seen.failed.push(error.message)
    }
    seen.longestMs = Math.max(seen.longestMs, performance.now() - startedAt)
  }
}

async function main() {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const ports = await freePorts(names.length)
  const address = Object.fromEntries(names.map((id, i) => [id, `127.0.0.1:${ports[i]}`]))
  const list = (ids) => ids.map((id) => `${id}=${address[id]}`).join(',')
  const founders = list(['a', 'b', 'c'])
  await Promise.all(['a', 'b', 'c'].map((id) => serve(id, founders, '--bootstrap')))
  const client = openClient({ servers: founders, codecs: bytesCodecs, timeoutMs: 10_000 })
  const store = new KeyValueStore(client)
  await store.put('first', 'there')
  const seen = { written: 0, failed: [], longestMs: 0, isOver: false }
  const writing = Array.from({ length: writers }, (_, i) => write(store, `writer${i}`, seen))
  let members = null
  const pairs = [
    ['a', 'd'],
    ['b', 'e'],
    ['c', 'f'],
  ]
  for (const [old, id] of pairs) {
    await serve(id, list([id]), '--join')
    members = await replace(list(names.filter((name) => children.has(name))), old, id, address[id])
    children.delete(old)
  }
  const enough = seen.written + 100
  while (seen.written < enough) await sleep(10)
  seen.isOver = true
  await Promise.all(writing)
  await client.close()
  const { written, failed, longestMs } = seen
  const voters = members.members.filter(({ part }) => part === 'voter').map(({ id }) => id)
  const gaps = { longestMs: Math.round(longestMs), gapMaxMs, electionTimeoutMs }
  return { voters, written, failed, ...gaps }
}

try {
  const result = await main()
  const { voters, written, failed, longestMs } = result
  const lines = [
    `a, b and c were replaced by ${voters.join(', ')} while ${writers} clients wrote`,
    `${written} writes, ${failed.length} failed`,
    `the longest wait for an answer: ${longestMs} ms, of ${gapMaxMs} ms that are allowed`,
    `election timeouts: ${electionTimeoutMs} to ${2 * electionTimeoutMs} ms`,
    ...failed.slice(0, 5),
  ]
  console.log(process.argv.includes('--json') ? JSON.stringify(result) : lines.join('\n'))
  process.exitCode = failed.length === 0 && longestMs <= gapMaxMs ? 0 : 1
} catch (error) {
  console.error(`replace-cluster: ${error.message}`)
  process.exitCode = 1
} finally {
  for (const { child } of children.values()) child.kill('SIGKILL')
  await Promise.all([...children.values()].map(({ ended }) => ended))
  rmSync(folder, { recursive: true, force: true })
}
