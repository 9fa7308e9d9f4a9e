/**
 * A disk that fills up under a real server, and is emptied again: a file system of a few megabytes
 * where one can be mounted, else one that is said to be full.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePorts } from '../harness/free-ports.ts'
import { SmallDisk } from '../harness/small-disk.ts'
import { type Ended, type Running, Workplace } from './running.ts'
import { said } from './store.ts'

let workplace: Workplace
let disk: SmallDisk
let environment: NodeJS.ProcessEnv

beforeEach(async () => {
  const [port] = await freePorts(1)
  workplace = new Workplace()
  disk = new SmallDisk(join(workplace.folder, 'disk'), 4 * 1024 * 1024)
  environment = { NO_COLOR: '1', KONTIKI_SERVERS: `a=127.0.0.1:${port}` }
})

afterEach(() => {
  disk.remove()
  workplace.remove()
})

async function serve(): Promise<Running> {
  const place = ['--id', 'a', '--data-dir', join('disk', 'data-a'), '--bootstrap']
  const args = ['serve', ...place, '--segment-bytes', String(16 * 1024), '--log', 'json']
  const run = workplace.start(args, { ...environment, ...disk.environment })
  await said(run, /listening on/)
  return run
}

function run(args: readonly string[], input = ''): Promise<Ended> {
  return workplace.run(args, input, environment)
}

/** Until it ends so; the last time is returned in any case. */
async function untilStatus(status: number, args: readonly string[]): Promise<Ended> {
  const deadline = performance.now() + 30_000
  let ended = await run(args)
  while (ended.status !== status && performance.now() < deadline) {
    await sleep(50)
    ended = await run(args)
  }
  return ended
}

test('refuses commands, answers queries, survives a restart, and goes on by itself', async () => {
  const server = await serve()
  expect((await untilStatus(0, ['kv', 'put', 'color', 'green'])).status).toBe(0)
  disk.fill('data-a')

  const value = 'x'.repeat(4096)
  const stored: string[] = []
  let refused: Ended | null = null
  while (refused === null && stored.length < 100) {
    const key = `key-${stored.length}`
    const put = await run(['kv', 'put', key, '-'], value)
    if (put.status === 0) stored.push(key)
    else refused = put
  }
  expect(refused?.stderr).toMatch(/nothing was changed: .*: the disk of a is full/)
  expect(await run(['kv', 'get', 'color'])).toMatchObject({ status: 0, stdout: 'green\n' })
  expect((await run(['status'])).stdout).toMatch(/^a: disk full: /m)
  const explained = await run(['explain'])
  expect(explained).toMatchObject({ status: 1 })
  expect(explained.stdout).toMatch(/^! a disk full: it leads, refuses commands/m)
  expect(server.stderr).toMatch(/"event":"warning".*"code":"DISK_FULL"/)

  // It elects itself anew: the term and the vote have room.
  server.child.kill('SIGKILL')
  await server.ended
  const again = await serve()
  for (const key of ['color', ...stored]) {
    const got = await untilStatus(0, ['kv', 'get', key])
    expect(got.stdout).toBe(key === 'color' ? 'green\n' : `${value}\n`)
  }
  expect((await run(['kv', 'put', 'color', 'red'])).status).toBe(1)

  disk.empty('data-a')
  expect((await untilStatus(0, ['kv', 'put', 'color', 'blue'])).status).toBe(0)
  expect((await run(['kv', 'get', 'color'])).stdout).toBe('blue\n')
  expect((await untilStatus(0, ['explain'])).stdout).not.toContain('disk')
  expect(again.child.exitCode).toBeNull()
  again.child.kill('SIGTERM')
  expect((await again.ended).status).toBe(0)
}, 120_000)
