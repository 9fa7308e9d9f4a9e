/** Verifications with real servers and clients, and with a difference that was planted. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Running, type RunningProcess, until, Workplace } from './running.ts'

let workplace: Workplace
beforeEach(() => {
  workplace = new Workplace()
})
afterEach(() => workplace.remove())

/** The folder that a run announces, and the log files in it. */
async function folderOf(run: Running): Promise<string> {
  await run.shows(/^folder .+\n/m)
  return /^folder (.+)$/m.exec(run.stdout)?.[1] as string
}

function logFilesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.log'))
  return names.map((name) => join(folder, name))
}

function verifyFolders(): string[] {
  return readdirSync(workplace.folder).filter((name) => name.startsWith('kontiki-verify-'))
}

describe('kontiki verify', () => {
  test('finds equal files, and leaves nothing behind', async () => {
    const size = ['--servers', '3', '--clients', '3', '--commands', '200']
    const { status, stdout, stderr } = await workplace.run(['verify', ...size, '--seed', 'one'])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^3 servers, 3 clients, 200 commands; seed one\n/)
    const rows = stdout.match(/^127\.0\.0\.1:\d+ +\d+ +\d+ +\d+ +[0-9a-f]{16}$/gm) ?? []
    expect(rows).toHaveLength(3)
    const withoutServer = rows.map((row) => row.replace(/^\S+/, ''))
    expect(new Set(withoutServer).size).toBe(1)
    expect(stdout).toMatch(/\nverdict: equal\n$/)
    expect(status).toBe(0)
    expect(verifyFolders()).toEqual([])
    await workplace.expectNothingLeft()
  })

  test('finds equal files while servers are suspended, killed and brought back', async () => {
    const size = ['--servers', '5', '--clients', '3', '--commands', '300']
    const { status, stdout, stderr } = await workplace.run([
      'verify',
      ...size,
      '--faults',
      '--json',
    ])
    expect(stderr).toBe('')
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({ verdict: 'equal', problems: [], firstDifference: null })
    expect(result).toMatchObject({ sent: 300, folder: null })
    expect(result.servers).toHaveLength(5)
    const digests = result.servers.map(({ digest }: { digest: string }) => digest)
    expect(new Set(digests).size).toBe(1)
    expect(result.suspensions).toBeGreaterThan(0)
    expect(result.kills).toBeGreaterThan(0)
    expect(result.committed).toBeGreaterThan(0)
    expect(status).toBe(0)
    expect(verifyFolders()).toEqual([])
    await workplace.expectNothingLeft()
  })

  test('with --keep leaves log files that are what it says', async () => {
    // More clients than Node expects listeners on one signal: that is no reason for a warning.
    const size = ['--servers', '4', '--clients', '12', '--commands', '24']
    const { status, stdout, stderr } = await workplace.run(['verify', ...size, '--keep', '--json'])
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const { folder, servers, committed } = JSON.parse(stdout)
    const files = logFilesIn(folder).map((path) => readFileSync(path, 'utf8'))
    expect(files).toHaveLength(4)
    for (const file of files) {
      expect(file).toBe(files[0])
      expect(file.split('\n')).toHaveLength(committed + 1)
    }
    expect(servers).toMatchObject(Array(4).fill({ lines: committed }))
    expect(readFileSync(join(folder, 'journal.txt'), 'utf8')).toMatch(/becomes leader in term/)
    await workplace.expectNothingLeft()
  })

  test('fails where a line differs, says where, and keeps the folder', async () => {
    const size = ['--servers', '3', '--clients', '1', '--commands', '30', '--seed', 'one']
    const run = workplace.start(['verify', ...size])
    const folder = await folderOf(run)
    const hasLine = (path: string): boolean => readFileSync(path, 'utf8').includes('\n')
    await until(
      () => logFilesIn(folder).filter(hasLine).length === 3,
      () => run.stdout + run.stderr,
    )
    // The last letter of the first line: the server is past it, and writes there no more.
    const path = logFilesIn(folder)[1] as string
    const [line = ''] = readFileSync(path, 'utf8').split('\n')
    const file = openSync(path, 'r+')
    writeSync(file, '!', line.length - 1)
    closeSync(file)
    const planted = `${line.slice(0, -1)}!`
    const { status, stdout } = await run.ended
    expect(stdout).toContain('the files first differ at line 1:')
    // Of a long line the end is what is shown.
    expect(stdout).toContain(`${JSON.stringify(planted.slice(-70)).slice(1)}\n`)
    expect(stdout).toContain(`${JSON.stringify(line.slice(-70)).slice(1)}\n`)
    expect(stdout).toMatch(/^verdict: FAILED\n {2}the log files differ at line 1\n/m)
    expect(stdout).toContain(`everything is kept in ${folder}\n`)
    expect(status).toBe(1)
    expect(existsSync(join(folder, 'servers.txt'))).toBe(true)
    await workplace.expectNothingLeft()
  })

  test('fails where a client ends before its time', async () => {
    const size = ['--servers', '3', '--clients', '2', '--commands', '300']
    const run = workplace.start(['verify', ...size])
    await folderOf(run)
    const clients = (): RunningProcess[] =>
      workplace.processes().filter(({ command }) => command.includes('raftclient'))
    await until(
      () => clients().length > 0,
      () => run.stdout + run.stderr,
    )
    for (const { pid } of clients()) process.kill(pid, 'SIGKILL')
    const { status, stdout } = await run.ended
    expect(stdout).toMatch(/^verdict: FAILED\n {2}a client ended by SIGKILL/m)
    expect(status).toBe(1)
    await workplace.expectNothingLeft()
  })

  test('fails where a server ends by itself', async () => {
    const run = workplace.start(['verify', '--servers', '3', '--clients', '2', '--commands', '300'])
    const folder = await folderOf(run)
    await until(
      () => logFilesIn(folder).length === 3,
      () => run.stdout + run.stderr,
    )
    const server = workplace.processes().find(({ command }) => command.includes('raftserver'))
    process.kill(server?.pid as number, 'SIGKILL')
    const { status, stdout } = await run.ended
    expect(stdout).toMatch(/^ {2}127\.0\.0\.1:\d+ ended by itself by SIGKILL/m)
    expect(stdout).toContain(`everything is kept in ${folder}\n`)
    expect(status).toBe(1)
    await workplace.expectNothingLeft()
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends at %s in order', async (signal) => {
    const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }
    const run = workplace.start(['verify', '--servers', '3', '--commands', '100000', '--faults'])
    const folder = await folderOf(run)
    await until(
      () => logFilesIn(folder).length === 3,
      () => run.stdout + run.stderr,
    )
    run.child.kill(signal)
    const { status, stderr } = await run.ended
    expect(stderr).toBe('')
    expect(status).toBe(128 + numbers[signal])
    expect(verifyFolders()).toEqual([])
    await workplace.expectNothingLeft()
  })

  test('leaves no process even when it is killed itself', async () => {
    const run = workplace.start(['verify', '--servers', '3', '--commands', '100000'])
    const folder = await folderOf(run)
    await until(
      () => logFilesIn(folder).length === 3,
      () => run.stdout + run.stderr,
    )
    expect(workplace.processes().length).toBeGreaterThan(3)
    run.child.kill('SIGKILL')
    await run.ended
    await workplace.expectNothingLeft()
  })
})
