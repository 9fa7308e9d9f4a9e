/**
 * The files of a fake disk: what is durable, what reads see, and what a power failure makes of it.
 */
import type { Random } from '../../src/base/random.ts'

export const sectorBytes = 512

export interface FakeFile {
  durable: Uint8Array
  /** What reads see. */
  cached: Uint8Array
  /** For each sector that was written since it was synced: the values it has had. */
  readonly unsynced: Map<number, Uint8Array[]>
}

export type Names = Map<string, FakeFile>

export function newFile(content: Uint8Array): FakeFile {
  return { durable: content, cached: content.slice(), unsynced: new Map() }
}

export function concat(bytes: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(bytes.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of bytes) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Becomes longer, with zeros. */
export function grow(file: FakeFile, size: number): void {
  if (size <= file.cached.length) return
  const longer = (bytes: Uint8Array): Uint8Array => {
    const grown = new Uint8Array(size)
    grown.set(bytes)
    return grown
  }
  file.durable = longer(file.durable)
  file.cached = longer(file.cached)
}

export function put(file: FakeFile, bytes: Uint8Array, position: number): void {
  if (position + bytes.length > file.cached.length) throw new Error('a write beyond the end')
  if (bytes.length === 0) return
  file.cached.set(bytes, position)
  const last = Math.floor((position + bytes.length - 1) / sectorBytes)
  for (let sector = Math.floor(position / sectorBytes); sector <= last; sector++) {
    const value = file.cached.slice(sector * sectorBytes, (sector + 1) * sectorBytes)
    const values = file.unsynced.get(sector)
    if (values === undefined) file.unsynced.set(sector, [value])
    else values.push(value)
  }
}

/** Only what is known to be unsynced: what a failed sync called clean stays as it is. */
export function flush(file: FakeFile): void {
  for (const sector of file.unsynced.keys()) {
    const [from, to] = [sector * sectorBytes, (sector + 1) * sectorBytes]
    file.durable.set(file.cached.subarray(from, Math.min(to, file.cached.length)), from)
  }
  file.unsynced.clear()
}

export function survivors(file: FakeFile, random: Random): Uint8Array {
  const content = file.durable.slice()
  const mood = random.pick(['any', 'any', 'none', 'all'])
  for (const [sector, written] of file.unsynced) {
    const at = sector * sectorBytes
    const values = [content.slice(at, at + sectorBytes), ...written]
    if (mood === 'none') continue
    const value = mood === 'all' ? (values.at(-1) as Uint8Array) : random.pick(values)
    content.set(value.subarray(0, content.length - at), at)
    if (mood !== 'any' || !random.chance(0.3)) continue
    const other = random.pick(values)
    const torn = random.integer(0, other.length)
    content.set(other.subarray(0, Math.min(torn, content.length - at)), at)
  }
  return content
}

export function copyNames(visible: Names, durable: Names): [Names, Names] {
  const copies = new Map<FakeFile, FakeFile>()
  const copy = (names: Names): Names =>
    new Map(
      [...names].map(([name, file]) => {
        const made = copies.get(file) ?? copyFile(file)
        copies.set(file, made)
        return [name, made]
      }),
    )
  return [copy(visible), copy(durable)]
}

function copyFile({ durable, cached, unsynced }: FakeFile): FakeFile {
  const values = [...unsynced].map(([sector, written]): [number, Uint8Array[]] => [
    sector,
    [...written],
  ])
  return { durable: durable.slice(), cached: cached.slice(), unsynced: new Map(values) }
}
