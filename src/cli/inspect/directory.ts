/** Data directories, for the commands that look at them while no server runs. */
import { statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { directoryHolder, ReadOnlyDisk } from '../../disk/index.ts'
import { type Inspection, inspectDirectory } from '../../storage/index.ts'
import { systemReason } from '../program.ts'

/**
 * What is made of a directory that is in use: it is refused, with or without a hint that `--live`
 * shows it; or it is shown, and what a server is writing at that moment may look unfinished.
 */
export type InUse = 'refuse' | 'hint at --live' | 'show'

/** What the directory holds. Rejects with one line for people. */
export async function inspect(path: string, inUse: InUse): Promise<Inspection> {
  requireDirectory(path)
  const holder = await directoryHolder(path)
  if (holder !== null && inUse !== 'show') {
    const hint = inUse === 'refuse' ? '' : ', or look at what is there at this moment with --live'
    throw new Error(`${path} is in use by process ${holder}; stop it first${hint}`)
  }
  return inspectDirectory(new ReadOnlyDisk(path), crc32)
}

function requireDirectory(path: string): void {
  try {
    if (!statSync(path).isDirectory()) throw new Error('it is no directory')
  } catch (error) {
    throw new Error(`cannot read ${path}: ${systemReason(error)}`)
  }
}
