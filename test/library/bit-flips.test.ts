/**
 * One bit flips, anywhere in the directory of a server that has a snapshot and a log: it is
 * harmless, or the server stops and names the file and the offset. It never goes on from anything
 * but what it had. Real files; the places are drawn from one seed.
 */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { NodeDisk } from '../../src/disk/index.ts'
import {
  countStart,
  openSegmentedLog,
  readClusterRecord,
  StorageError,
} from '../../src/storage/index.ts'
import { waitFor } from '../harness/waiting.ts'
import { value } from './machines.ts'
import { Cluster } from './servers.ts'

const flips = 100
const settings = {
  snapshots: { logBytesMin: 10_000 },
  raft: { trailingEntriesMax: 10 },
  segmentBytes: 16 * 1024,
}

let cluster: Cluster
let whole: string

beforeAll(async () => {
  cluster = await Cluster.start(3, settings)
  const [server] = [...cluster.running.values()]
  for (let i = 0; i < 9; i++) {
    await Promise.all(Array.from({ length: 50 }, () => server?.propose({ add: 1 })))
  }
  const directory = join(cluster.directory, 'c')
  await waitFor('a snapshot', () => readdirSync(directory).some((name) => name.endsWith('.snap')))
  await cluster.close('c')
  whole = await contentOf(directory)
})

afterAll(() => cluster.end())

/** All that a server begins with. Throws where the directory is refused. */
async function contentOf(directory: string): Promise<string> {
  const disk = new NodeDisk(directory)
  const log = openSegmentedLog(disk, {
    identity: { serverId: 'c', servers: [] },
    checksum: crc32,
    random: new Random('bits'),
    soon: setImmediate,
    segmentBytes: settings.segmentBytes,
    boundsTerms: true,
  })
  const { entries, snapshot, ...hardState } = log.recover()
  const cluster = readClusterRecord(disk, log.logId, crc32)
  countStart(disk, log.logId, 1, crc32)
  const commands = entries.map(({ command, ...rest }) => [rest, Buffer.from(command).toString()])
  const reader = snapshot == null ? null : log.snapshots.open()
  const state = reader === null ? '' : Buffer.concat([...reader.readAll()]).toString('hex')
  reader?.close()
  await new Promise((closed) => log.close(closed))
  return JSON.stringify([cluster, hardState, commands, snapshot, state])
}

interface Place {
  readonly name: string
  readonly at: number
  readonly bit: number
}

/** Half of them where something stands, and half anywhere; the files in turn. */
function drawPlaces(directory: string): Place[] {
  const random = new Random('places')
  const names = readdirSync(directory).filter((name) => statSync(join(directory, name)).size > 0)
  return Array.from({ length: flips }, (_, i) => {
    const name = names[i % names.length] as string
    const bytes = readFileSync(join(directory, name))
    const used = [...bytes.keys()].filter((at) => bytes[at] !== 0)
    const at = random.chance(0.5) ? random.pick(used) : random.integer(0, bytes.length - 1)
    return { name, at, bit: random.integer(0, 7) }
  })
}

function flip(directory: string, { name, at, bit }: Place): void {
  const file = join(directory, name)
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] as number) ^ (1 << bit)
  writeFileSync(file, bytes)
}

describe('a bit that flips', () => {
  test('is harmless, or stops the server with file and offset, a hundred times', async () => {
    const source = join(cluster.directory, 'c')
    const damaged = join(cluster.directory, 'damaged')
    let stopped = 0
    for (const place of drawPlaces(source)) {
      cpSync(source, damaged, { recursive: true })
      flip(damaged, place)
      const where = `${place.name}, byte ${place.at}, bit ${place.bit}`
      try {
        expect(await contentOf(damaged), where).toBe(whole)
      } catch (error) {
        if (!(error instanceof StorageError)) throw error
        stopped += 1
        expect(error.message, where).toContain(`${damaged}/`)
        expect(error.message, where).toMatch(/ at offset \d+: /)
        // What a flip takes away may be missed in the file after it.
        if (error.message.includes(`/${place.name} at offset `)) {
          expect(error.offset, where).toBeLessThanOrEqual(place.at)
        }
      }
      rmSync(damaged, { recursive: true })
    }
    // Most of a segment is empty, and there not every bit is looked at.
    expect(stopped).toBeGreaterThan(flips / 4)
  })

  test.each(['.snap', '.log', 'identity.json', 'cluster.json', 'starts.json', 'terms.json'])(
    'in %s keeps a server from opening',
    async (end) => {
      const directory = join(cluster.directory, 'c')
      const kept = join(cluster.directory, 'kept')
      cpSync(directory, kept, { recursive: true })
      const name = readdirSync(directory).find((one) => one.endsWith(end)) as string
      flip(directory, { name, at: 40, bit: 3 })
      await expect(cluster.open('c', settings)).rejects.toMatchObject({
        message: expect.stringContaining(`${join(basename(directory), name)} at offset`),
      })
      // The others go on without it.
      const [other] = [...cluster.running.values()]
      const before = await other?.query(value)
      expect(await other?.propose({ add: 1 })).toBe((before as number) + 1)
      // With what it had it is one of them again.
      rmSync(directory, { recursive: true })
      cpSync(kept, directory, { recursive: true })
      rmSync(kept, { recursive: true })
      const back = await cluster.open('c', settings)
      expect(await back.query(value)).toBe((before as number) + 1)
      await cluster.close('c')
    },
  )
})
