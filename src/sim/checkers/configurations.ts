/**
 * The configurations of one server, as its log says (§4.1), and what must be true of a new one
 * when a leader appends it: the one before it is committed, so that at most one is not; so is an
 * entry of the leader's own term; and no quorum of the one can decide apart from one of the other.
 */
import type { Configuration, Entry, Leader, LogIndex, ServerId } from '../../raft/index.ts'
import { decodeConfiguration, describeConfiguration } from '../../raft/index.ts'
import type { CommittedLedger } from './committed-ledger.ts'
import { InvariantError } from './invariant-error.ts'
import type { LogView } from './log-view.ts'
import { disjointQuorums } from './quorums.ts'

/** Every configuration that a leader has appended, by whatever leader and whatever became of it. */
export class AppendedConfigurations {
  readonly #entries: Entry[] = []

  add(entry: Entry): void {
    this.#entries.push(entry)
  }

  /** The newest that is committed; null where none is. */
  committed(ledger: CommittedLedger): Configuration | null {
    const entry = this.#newestCommitted(ledger)
    return entry === null ? null : read(entry)
  }

  /** Those that may stand in a log behind the newest that is committed. */
  open(ledger: CommittedLedger): Configuration[] {
    const index = this.#newestCommitted(ledger)?.index ?? 0
    return this.#entries.filter((entry) => entry.index > index).map(read)
  }

  #newestCommitted(ledger: CommittedLedger): Entry | null {
    let newest: Entry | null = null
    for (const entry of this.#entries) {
      const { index, term } = entry
      const isCommitted = index <= ledger.lastIndex && ledger.at(index).entry.term === term
      if (isCommitted && index > (newest?.index ?? 0)) newest = entry
    }
    return newest
  }
}

function read({ command }: Entry): Configuration {
  return decodeConfiguration(command) as Configuration
}

interface Standing {
  readonly index: LogIndex
  readonly entry: Entry | null
  readonly configuration: Configuration
}

export class Configurations {
  readonly #id: ServerId
  /** Ascending; the first is what the cluster began with. */
  readonly #standing: Standing[]

  constructor(id: ServerId, bootstrap: Configuration) {
    this.#id = id
    this.#standing = [{ index: 0, entry: null, configuration: bootstrap }]
  }

  /** What holds where the log ends at `index`. */
  asOf(index: LogIndex): Configuration {
    const standing = this.#standing.findLast((one) => one.index <= index) as Standing
    return standing.configuration
  }

  get newest(): Configuration {
    return (this.#standing.at(-1) as Standing).configuration
  }

  /** The log is another from `from` on. Returns what is new. */
  logChanged(log: LogView, from: LogIndex): readonly Entry[] {
    while ((this.#standing.at(-1) as Standing).index >= from) this.#standing.pop()
    const added: Entry[] = []
    for (let index = from; index <= log.lastIndex; index++) {
      const entry = log.entryAt(index)
      if (entry.kind !== 'configuration') continue
      const configuration = decodeConfiguration(entry.command)
      if (configuration === null) this.#fail(`holds no configuration at ${index}`)
      this.#standing.push({ index, entry, configuration })
      added.push(entry)
    }
    return added
  }

  /** The leader has appended `entry`. `ledger` knows what is committed by now. */
  appended(entry: Entry, leader: Leader, ledger: CommittedLedger): void {
    const at = this.#standing.findIndex(({ index }) => index === entry.index)
    const { configuration } = this.#standing[at] as Standing
    const before = this.#standing[at - 1] as Standing
    const place = `at ${entry.index}@${entry.term}`
    if (!isCommitted(before, ledger)) {
      this.#fail(`appends a configuration ${place} while that at ${before.index} is not committed`)
    }
    if (ledger.lastIndex < leader.firstIndexOfTerm) {
      this.#fail(`appends a configuration ${place} and has committed nothing in its term`)
    }
    const apart = disjointQuorums(before.configuration, configuration)
    if (apart === null) return
    const [some, others] = apart.map((ids) => ids.join(' '))
    this.#fail(
      `goes from ${describeConfiguration(before.configuration)} to ` +
        `${describeConfiguration(configuration)} ${place}, so that ${some} and ${others} ` +
        `can decide apart`,
    )
  }

  #fail(what: string): never {
    throw new InvariantError('configurations overlap', `${this.#id} ${what}`)
  }
}

function isCommitted({ index, entry }: Standing, ledger: CommittedLedger): boolean {
  if (entry === null) return true
  return index <= ledger.lastIndex && ledger.at(index).entry.term === entry.term
}
