// The acceptance suite on the disk of the machine, in each of the ways to make a write durable.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '../../src/base/random.ts'
import { type Durability, NodeDisk } from '../../src/disk/index.ts'
import { openSegmentedLog } from '../../src/storage/index.ts'
import { storageAcceptance } from '../ports/storage-acceptance.ts'
import { checksum, identity } from '../storage/harness.ts'

/** A log that was left open may still be making a segment there: that ends by itself. */
async function removeDirectory(path: string): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    try {
      rmSync(path, { recursive: true, force: true })
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((turn) => setImmediate(turn))
    }
  }
}

for (const durability of ['fdatasync', 'dsync', 'blocking'] satisfies Durability[]) {
  storageAcceptance(`segmented log on the machine's disk, ${durability}`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'kontiki-storage-'))
    const random = new Random(directory)
    return {
      open: () =>
        openSegmentedLog(new NodeDisk(directory, { durability }), {
          identity,
          checksum,
          random,
          soon: setImmediate,
          segmentBytes: 4096,
        }),
      end: () => removeDirectory(directory),
    }
  })
}
