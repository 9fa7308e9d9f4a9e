/**
 * The demo's folder: the list of its servers, their data and their log files. A server's data
 * belongs to its name, `host:port`, so the ports are chosen once and kept with the data.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseServerList, type ServerAddress, ServerListError } from '../../course/index.ts'
import { freePorts, isFree } from '../processes/free-ports.ts'

export const folderName = 'kontiki-data'
const listName = 'servers.txt'

/** The smallest cluster that survives the loss of a server. */
export const demoServers = 3

/** The folder cannot be used as it is; the message says why and what to do. */
export class DemoFolderError extends Error {
  readonly code = 'DEMO_FOLDER'
  override readonly name = 'DemoFolderError'
}

export interface DemoFolder {
  /** For messages: as it is reached from where the demo was started. */
  readonly shownPath: string
  readonly path: string
  readonly listFile: string
  readonly servers: readonly ServerAddress[]
  readonly isNew: boolean
}

/** The folder in `parent`, made where there is none; `fresh` removes what an earlier demo left. */
export async function openFolder(parent: string, fresh: boolean): Promise<DemoFolder> {
  const path = join(parent, folderName)
  const shownPath = `./${folderName}/`
  const listFile = join(path, listName)
  const isThere = existsSync(listFile)
  if (!isThere && existsSync(path) && readdirSync(path).length > 0) {
    throw new DemoFolderError(
      `${shownPath} has no ${listName}, so it is no demo's; move it, or start elsewhere`,
    )
  }
  if (isThere) {
    // Also before it is removed: another demo may be running on it.
    await checkPorts(readList(listFile, shownPath), shownPath)
    if (fresh) rmSync(path, { recursive: true })
  }
  const isNew = !isThere || fresh
  if (isNew) await writeList(path, listFile)
  return { shownPath, path, listFile, servers: readList(listFile, shownPath), isNew }
}

async function writeList(path: string, listFile: string): Promise<void> {
  const ports = await freePorts(demoServers)
  mkdirSync(path, { recursive: true })
  writeFileSync(listFile, ports.map((port) => `127.0.0.1:${port}\n`).join(''))
}

function readList(listFile: string, shownPath: string): readonly ServerAddress[] {
  const file = `${shownPath}${listName}`
  try {
    const servers = parseServerList(readFileSync(listFile, 'utf8'), file)
    if (servers.length === demoServers) return servers
  } catch (error) {
    if (!(error instanceof ServerListError)) throw error
  }
  throw new DemoFolderError(
    `${file} does not list ${demoServers} servers any more; restore it, or remove ${shownPath}`,
  )
}

async function checkPorts(servers: readonly ServerAddress[], shownPath: string): Promise<void> {
  for (const [i, { id, port }] of servers.entries()) {
    if (await isFree(port)) continue
    throw new DemoFolderError(
      `${id}, server ${i + 1} of ${shownPath}, is in use: end the other demo that runs on ` +
        `${shownPath}; if it is another program's port, start in another directory`,
    )
  }
}
