/** Data directories, for the commands that look at them while no server runs. */
import { statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { directoryHolder, ReadOnlyDisk } from '../../disk/index.ts'
import { type Inspection, inspectDirectory } from '../../storage/index.ts'
import { systemReason } from '../program.ts'

/**
 * What the directory holds. Refuses one that is in use, unless that is wanted: what a server is
 * writing at that moment may then look unfinished. Rejects with one line for people.
 */
export async function inspect(path: string, mayBeInUse: boolean): Promise<Inspection> {
  requireDirectory(path)
  const holder = await directoryHolder(path)
  if (holder !== null && !mayBeInUse) {
    throw new Error(
      `${path} is in use by process ${holder}; stop it first, or look at what is there at this ` +
        'moment with --live',
    )
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
