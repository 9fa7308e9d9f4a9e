/**
 * What a watcher that no fault strikes hears and sees of the servers: who leads, whether any two
 * have parted, how often snapshots are taken, and what their directories hold.
 */
import { openClient, type ServerStatus } from '../../library/index.ts'
import type { Cluster } from './cluster.ts'
import { directoryBytes, type Occupant } from './place.ts'

/** Between two looks at the servers. */
const lookEveryMs = 100

/** How long a server has to say how it is; one that stands still says nothing. */
const statusTimeoutMs = 250

/** How the log of each server is to be kept short. */
export interface LogBounds {
  readonly snapshotLogBytes: number
  readonly segmentBytes: number
}

/** What was seen over the whole time. */
export interface Sights {
  /** Leaders, each in its term. */
  readonly leaders: number
  readonly snapshotsTaken: number
  /** Servers that began with a snapshot of another's. */
  readonly snapshotsInstalled: number
  readonly directoryBytes: number
  /** What that may be; null where nothing bounds it. */
  readonly directoryBytesMax: number | null
}

export class Observation {
  readonly #cluster: Cluster
  readonly #bounds: LogBounds | null
  readonly #report: (problem: string) => void
  readonly #watchers
  /** The digest that some server had when it had applied so much. */
  readonly #digests = new Map<number, { readonly id: string; readonly digest: string }>()
  readonly #leaders = new Set<string>()
  /** By server: the index of its last snapshot; servers that have been seen with a log. */
  readonly #snapshotIndexes = new Map<string, number>()
  #snapshotsTaken = 0
  #snapshotsInstalled = 0
  #snapshotBytes = 0
  #directoryBytes = 0

  constructor(cluster: Cluster, bounds: LogBounds | null, report: (problem: string) => void) {
    this.#cluster = cluster
    this.#bounds = bounds
    this.#report = report
    this.#watchers = cluster.places.map(({ ownAddress }) => {
      return openClient({ servers: [ownAddress], timeoutMs: statusTimeoutMs })
    })
    cluster.leader = () => this.leader()
  }

  get sights(): Sights {
    return {
      leaders: this.#leaders.size,
      snapshotsTaken: this.#snapshotsTaken,
      snapshotsInstalled: this.#snapshotsInstalled,
      directoryBytes: this.#directoryBytes,
      directoryBytesMax: this.#directoryBytesMax,
    }
  }

  /** Looks again and again, until the signal. */
  async watch(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.look()
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
    }
  }

  /** How every server is now; null where one says nothing. */
  look(): Promise<readonly (ServerStatus | null)[]> {
    return Promise.all(this.#cluster.taken.map((place) => this.#lookAt(place)))
  }

  async #lookAt(place: number): Promise<ServerStatus | null> {
    const occupant = this.#cluster.places[place]?.occupant ?? null
    const [report] = (await this.#watchers[place]?.status()) ?? []
    const status = report?.status ?? null
    // Somebody else may be there by now.
    if (occupant === null || (status !== null && status.id !== occupant.id)) return null
    occupant.status = status
    if (status === null) return null
    this.#compare(status)
    this.#follow(status)
    this.#weigh(occupant)
    return status
  }

  /** Servers that have applied the same must have become the same. */
  #compare({ id, lastApplied, digest }: ServerStatus): void {
    const known = this.#digests.get(lastApplied)
    if (known === undefined) this.#digests.set(lastApplied, { id, digest })
    else if (known.digest !== digest) {
      this.#report(
        `${id} and ${known.id} have parted: with ${lastApplied} entries applied their digests ` +
          `are ${digest} and ${known.digest}`,
      )
    }
  }

  #follow({ id, role, term, snapshotIndex, snapshotBytes, lastLogIndex }: ServerStatus): void {
    if (role === 'leader') this.#leaders.add(`${id} ${term}`)
    this.#snapshotBytes = Math.max(this.#snapshotBytes, snapshotBytes)
    const before = this.#snapshotIndexes.get(id)
    if (before === undefined) {
      // A server that is new has an empty log; where it has a snapshot first, it was sent one.
      if (lastLogIndex === 0) return
      if (snapshotIndex > 0) this.#snapshotsInstalled += 1
    } else if (snapshotIndex > before) this.#snapshotsTaken += 1
    this.#snapshotIndexes.set(id, snapshotIndex)
  }

  #weigh({ id, dataDir }: Occupant): void {
    const bytes = directoryBytes(dataDir)
    this.#directoryBytes = Math.max(this.#directoryBytes, bytes)
    const most = this.#directoryBytesMax
    if (most === null || bytes <= most) return
    this.#report(`the directory of ${id} has ${bytes} bytes, and ${most} at most were promised`)
  }

  /**
   * docs/storage-format.md: two snapshots and two on their way; the entries since the snapshot
   * before last and the window of a quarter; one segment's length at the front, one at the end; and
   * the reserve, which is two.
   */
  get #directoryBytesMax(): number | null {
    if (this.#bounds === null) return null
    const { snapshotLogBytes, segmentBytes } = this.#bounds
    const entries = 2.25 * snapshotLogBytes * sectorsPerEntryMax
    return Math.ceil(4 * (this.#snapshotBytes + snapshotSlack) + entries + 4 * segmentBytes)
  }

  leader(): number | null {
    let leader: number | null = null
    let term = 0
    for (const [place, { occupant }] of this.#cluster.places.entries()) {
      const status = occupant?.status
      if (occupant?.process.isUp !== true || status?.role !== 'leader') continue
      if (status.term <= term) continue
      leader = place
      term = status.term
    }
    return leader
  }

  async close(): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => watcher.close()))
  }
}

/**
 * An entry counts as 33 bytes at least (its command and 32 more), and takes up to a sector of its
 * own on the disk, where each is saved by itself: 512 bytes.
 */
const sectorsPerEntryMax = 512 / 33

/** What a snapshot's file has beside the snapshot, and that it may have grown since we looked. */
const snapshotSlack = 64 * 1024
