/**
 * One process per directory, held by the kernel: the holder listens on a Unix socket in the
 * directory, so that whoever else wants it can find out, by connecting, whether the holder lives.
 * However it dies, its socket stops answering, and no file is left that a person has to remove.
 *
 * Nobody can take it beside another: each first shows its own socket, already listening, and only
 * then looks for others. Of two, the one that looks later sees the other; both may give up and try
 * again, never may both go on.
 *
 * It holds between all processes of one kernel, in whatever container. It does not hold between
 * machines that share a network file system. Where the file system has no sockets (Linux only), an
 * abstract one named after the directory's inode is used: that holds in one network namespace.
 */
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import * as net from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Somebody else has the directory, or it cannot be locked at all. */
export class DirectoryLockError extends Error {
  override readonly name = 'DirectoryLockError'
  readonly code = 'LOCKED'
  /** The holder's process id, as the holder sees it; null where that could not be learnt. */
  readonly pid: number | null

  constructor(path: string, pid: number | null) {
    const holder = pid === null ? 'another process' : `process ${pid}`
    super(
      `the data directory ${path} is in use by ${holder}; stop it first, or give this server a ` +
        'directory of its own',
    )
    this.pid = pid
  }
}

export interface DirectoryLockOptions {
  /** Where the socket is; by default in the directory, if its file system can hold one. */
  readonly socket?: 'directory' | 'abstract'
}

/**
 * Two that start in the same moment both give up; each tries again this often before it says so.
 */
const attemptsMax = 4
const retryAfterMsMax = 60

/** The longest path of a socket everywhere (macOS has 104 bytes with the zero at the end). */
const socketPathBytesMax = 103

/** What the operating systems say where a file system cannot hold a socket. */
const noSocketsHere: readonly string[] = ['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EINVAL']

/** A socket that listens, by the process that has it. */
const lockName = /^lock\.(\d+)\.[0-9a-f]{8}$/

/** What connecting says where nobody listens any more. */
const holderIsGone: readonly string[] = ['ECONNREFUSED', 'ENOENT']

/** Held until it is released or the process ends; keeps no process alive. */
export class DirectoryLock {
  readonly #server: net.Server
  readonly #socketPath: string | null

  constructor(server: net.Server, socketPath: string | null) {
    this.#server = server.unref()
    this.#socketPath = socketPath
  }

  release(): void {
    if (this.#socketPath !== null) fs.rmSync(this.#socketPath, { force: true })
    this.#server.close()
  }
}

/** Takes the existing directory for this process, or throws {@link DirectoryLockError}. */
export async function lockDirectory(
  path: string,
  options: DirectoryLockOptions = {},
): Promise<DirectoryLock> {
  if (options.socket === 'abstract') return lockByName(path)
  for (let attempt = 1; ; attempt++) {
    const result = await lockBySocket(path)
    if (result === 'unsupported') return lockByName(path)
    if (result instanceof DirectoryLock) return result
    if (attempt === attemptsMax) throw new DirectoryLockError(path, result.holder)
    await delay(Math.random() * retryAfterMsMax)
  }
}

/**
 * The process that has the directory, without taking it and without changing anything in it; null
 * where there is none. A lock that is not in the directory (see above) is not seen.
 */
export async function directoryHolder(path: string): Promise<number | null> {
  const directory = new SocketDirectory(path)
  try {
    for (const name of fs.readdirSync(path)) {
      const match = lockName.exec(name)
      if (match === null) continue
      const code = await connect(directory.address(name))
      if (!holderIsGone.includes(code)) return Number(match[1])
    }
    return null
  } finally {
    directory.close()
  }
}

async function lockBySocket(
  path: string,
): Promise<DirectoryLock | { holder: number } | 'unsupported'> {
  const directory = new SocketDirectory(path)
  try {
    const own = `lock.${process.pid}.${randomBytes(4).toString('hex')}`
    // Shown only once it listens: a socket that does not answer is one whose holder is dead.
    const server = await listen(directory.address(`${own}.new`)).catch((error: unknown) => {
      if (noSocketsHere.includes(codeOf(error))) return null
      throw error
    })
    if (server === null) return 'unsupported'
    fs.renameSync(join(path, `${own}.new`), join(path, own))
    const lock = new DirectoryLock(server, join(resolve(path), own))
    const holder = await findOther(path, directory, own)
    if (holder === null) return lock
    lock.release()
    return { holder }
  } finally {
    directory.close()
  }
}

/** The process id of another that lives, after removing what the dead have left. */
async function findOther(
  path: string,
  directory: SocketDirectory,
  own: string,
): Promise<number | null> {
  for (const name of fs.readdirSync(path)) {
    const match = lockName.exec(name)
    if (match === null || name === own) continue
    const code = await connect(directory.address(name))
    if (code === 'ECONNREFUSED') fs.rmSync(join(path, name), { force: true })
    // Anything else that is not an absence counts as a life: better refused than shared.
    else if (code !== 'ENOENT') return Number(match[1])
  }
  return null
}

/** Paths of sockets are short; on Linux a long one is reached through the open directory. */
class SocketDirectory {
  readonly #path: string
  #descriptor: number | null = null

  constructor(path: string) {
    this.#path = resolve(path)
  }

  address(name: string): string {
    const direct = join(this.#path, name)
    if (Buffer.byteLength(direct) <= socketPathBytesMax || process.platform !== 'linux') {
      return direct
    }
    this.#descriptor ??= fs.openSync(this.#path, 'r')
    return `/proc/self/fd/${this.#descriptor}/${name}`
  }

  close(): void {
    if (this.#descriptor !== null) fs.closeSync(this.#descriptor)
  }
}

async function lockByName(path: string): Promise<DirectoryLock> {
  const { dev, ino } = fs.statSync(path, { bigint: true })
  const address = `\0kontiki:${dev}:${ino}`
  try {
    return new DirectoryLock(await listen(address), null)
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE') throw new DirectoryLockError(path, await askPid(address))
    throw error
  }
}

/** A server that tells its process id to whoever connects, and nothing else. */
function listen(address: string): Promise<net.Server> {
  return new Promise((listening, failed) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.end(String(process.pid))
      socket.unref()
    })
    server.on('error', failed)
    server.listen({ path: address, exclusive: true }, () => listening(server))
  })
}

/** '' where somebody listens, or the code of the error. */
function connect(address: string): Promise<string> {
  return new Promise((connected) => {
    const socket = net.connect(address)
    socket.on('connect', () => {
      connected('')
      socket.destroy()
    })
    socket.on('error', (error) => connected(codeOf(error)))
  })
}

/** What the holder tells; null where it does not answer, which it may not while it is stopped. */
function askPid(address: string): Promise<number | null> {
  return new Promise((answered) => {
    const socket = net.connect(address).setEncoding('utf8').setTimeout(500)
    let text = ''
    socket.on('data', (piece) => {
      text += piece
    })
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => answered(/^\d+$/.test(text) ? Number(text) : null))
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
