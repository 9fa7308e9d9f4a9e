/** What raftserver and raftclient refuse: one clear line on standard error, and the status. */

import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hosts, withCluster } from '../harness/cluster.ts'
import { freePorts } from '../harness/free-ports.ts'
import { Program } from '../harness/program.ts'

let folder = ''
let ids: string[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kontiki-refusals-'))
  ids = (await freePorts(3)).map((port) => `127.0.0.1:${port}`)
  writeFileSync(join(folder, 'servers.txt'), ids.join('\n'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Refusal {
  readonly status: number | null
  readonly errors: string[]
}

async function run(name: 'raftserver' | 'raftclient', ...args: string[]): Promise<Refusal> {
  const program = new Program(name, { folder, args })
  program.child.stdin?.end()
  const { status } = await program.end()
  expect(program.output).toEqual([])
  return { status, errors: program.errors }
}

/** A list of its own for one test. */
function list(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return name
}

describe('the identity and the list (C2, C3)', () => {
  test('an identity that is not in the file, with what was probably meant', async () => {
    const localhost = (ids[1] as string).replace('127.0.0.1', 'localhost')
    expect(await run('raftserver', localhost, 'servers.txt')).toEqual({
      status: 1,
      errors: [
        `raftserver: ${localhost} is not one of the servers in servers.txt; ` +
          `did you mean ${ids[1]}, in line 2?`,
      ],
    })
  })

  test('a malformed list, by file and line', async () => {
    expect(await run('raftserver', 'a:1', list('bad.txt', 'a:1\n\nb:65536'))).toEqual({
      status: 1,
      errors: ['raftserver: bad.txt:3: b:65536: a port is a number from 1 to 65535'],
    })
  })

  test('a file that cannot be read', async () => {
    expect(await run('raftserver', 'a:1', 'missing.txt')).toEqual({
      status: 1,
      errors: ['raftserver: cannot read missing.txt: ENOENT: no such file or directory'],
    })
    expect(await run('raftserver', 'a:1', '.')).toEqual({
      status: 1,
      errors: ['raftserver: cannot read .: EISDIR: illegal operation on a directory'],
    })
  })

  test('a name that does not resolve', async () => {
    const file = list('names.txt', `${ids[0]}\nno-such-host.invalid:2000\n`)
    const { status, errors } = await run('raftserver', ids[0] as string, file)
    expect(status).toBe(1)
    expect(errors).toEqual([
      expect.stringMatching(
        /^raftserver: no-such-host\.invalid:2000: no-such-host\.invalid does not resolve \(E\w+\)$/,
      ),
    ])
    const client = await run('raftclient', 'no-such-host.invalid:2000')
    expect(client.status).toBe(1)
    expect(client.errors).toEqual([
      expect.stringMatching(
        /^raftclient: no-such-host\.invalid:2000: .* does not resolve \(E\w+\)$/,
      ),
    ])
  })
})

describe('what is taken or not ours (C3, C19)', () => {
  test('a port, a data directory and a log file that cannot be had', async () => {
    await withCluster({ hosts: hosts(3) }, async (cluster) => {
      await cluster.start(0)
      const again = cluster.spawn(0)
      expect(await again.end()).toEqual({ status: 1, signal: null })
      expect(again.errors).toEqual([
        `raftserver: ${cluster.id(0)}: port ${cluster.ports[0]} of 127.0.0.1 is in use; ` +
          'is this server running already?',
      ])
      const data = cluster.path(0, 'data')
      const guest = cluster.spawn(1, { args: ['--data-dir', data] })
      expect(await guest.end()).toEqual({ status: 1, signal: null })
      expect(guest.errors).toEqual([
        expect.stringMatching(
          new RegExp(`^raftserver: the data directory ${data} is in use by process \\d+; `),
        ),
      ])
      const listed = cluster.spawn(2, { args: ['--log-file', cluster.folder] })
      expect(await listed.end()).toEqual({ status: 1, signal: null })
      expect(listed.errors).toEqual([
        `raftserver: cannot open the log file ${cluster.folder}: ` +
          'EISDIR: illegal operation on a directory',
      ])
    })
  })

  test('a data directory of another identity, or of another list of servers', async () => {
    await withCluster({ hosts: hosts(3) }, async (cluster) => {
      await cluster.start(0)
      await cluster.kill(0)
      const data = cluster.path(0, 'data')
      const other = cluster.spawn(1, { args: ['--data-dir', data] })
      expect(await other.end()).toEqual({ status: 1, signal: null })
      expect(other.errors).toEqual([
        `raftserver: the data directory ${data} belongs to server ${cluster.id(0)}, not to ` +
          `${cluster.id(1)}; give the server its own directory, or the arguments that it was ` +
          'first started with',
      ])
      writeFileSync(cluster.listFile, `${cluster.id(0)}\n${cluster.id(1)}\nlocalhost:9\n`)
      const changed = cluster.spawn(0)
      expect(await changed.end()).toEqual({ status: 1, signal: null })
      expect(changed.errors).toEqual([
        `raftserver: the data directory 127.0.0.1-${cluster.ports[0]}.data was made for another ` +
          `list of servers: the list no longer has ${cluster.id(2)}, and the list now also has ` +
          'localhost:9; give the server its own directory, or the arguments that it was first ' +
          'started with',
      ])
    })
  })

  test('a data directory that is a file', async () => {
    writeFileSync(join(folder, 'file'), '')
    expect(await run('raftserver', ids[0] as string, 'servers.txt', '--data-dir', 'file')).toEqual({
      status: 1,
      errors: [expect.stringMatching(/^raftserver: cannot use the data directory file: E\w+: /)],
    })
  })
})

test('wrong usage has status 2, and a line of usage', async () => {
  expect(await run('raftserver', 'a:1', '--port', '3')).toEqual({
    status: 2,
    errors: [
      "raftserver: Unknown option '--port'",
      'raftserver: usage: raftserver <host:port> <file> [options]; ' +
        'raftserver --help lists the options',
    ],
  })
  expect(await run('raftclient')).toEqual({
    status: 2,
    errors: [
      'raftclient: the server is missing',
      'raftclient: usage: raftclient <host:port> [--datagram-bytes N]',
    ],
  })
})

test('a copy that is not built says how to build it, in one line', () => {
  const copy = join(folder, 'copy')
  mkdirSync(copy)
  cpSync(fileURLToPath(new URL('../../bin', import.meta.url)), join(copy, 'bin'), {
    recursive: true,
  })
  writeFileSync(join(copy, 'package.json'), '{"type":"module"}')
  chmodSync(join(copy, 'bin/raftserver.js'), 0o755)
  const { status, stdout, stderr } = spawnSync(join(copy, 'bin/raftserver.js'), {
    encoding: 'utf8',
  })
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: 'kontiki: this copy is not built yet; build it with: npm run build\n',
  })
})
