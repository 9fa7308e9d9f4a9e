/**
 * What the servers of a test cluster have to agree on: the result of each command, and the snapshot
 * after it, whichever server applies. The first to say something is who the others are held to;
 * everything that was said is kept, since a server that starts again says it all once more.
 */
import { bytesEqual, noBytes, utf8Encode } from '../../base/bytes.ts'
import type { LogIndex, ServerId } from '../../raft/index.ts'
import type { Outcome } from '../../state-machine/index.ts'
import { differenceOf } from './difference.ts'

interface Said {
  readonly by: ServerId
  readonly what: Uint8Array
}

export class Agreement {
  readonly #results = new Map<LogIndex, Said>()
  readonly #snapshots = new Map<LogIndex, Said>()
  readonly #disagree: (problem: string) => void

  constructor(disagree: (problem: string) => void) {
    this.#disagree = disagree
  }

  result(by: ServerId, index: LogIndex, outcome: Outcome): void {
    const what = resultOf(outcome)
    const said = this.#results.get(index)
    if (said === undefined) this.#results.set(index, { by, what })
    else this.#compare(`made of the command at index ${index}`, said, { by, what })
  }

  /** `what`: the snapshot of a machine that has applied everything through `index`. */
  snapshot(by: ServerId, index: LogIndex, what: Uint8Array): void {
    const said = this.#snapshots.get(index)
    if (said === undefined) this.#snapshots.set(index, { by, what })
    else this.#compare(`has for a snapshot after index ${index}`, said, { by, what })
  }

  #compare(doing: string, first: Said, second: Said): void {
    if (bytesEqual(first.what, second.what)) return
    const [one, other] = differenceOf(first.what, second.what)
    const again = first.by === second.by
    const which = again ? `the state machine of ${first.by} is` : 'the state machines are'
    const who = again ? `${first.by}, once more,` : second.by
    this.#disagree(`${which} not deterministic: ${first.by} ${doing} ${one}, and ${who} ${other}`)
  }
}

/** As the log has it: sessions are our own affair, and the same everywhere. */
function resultOf(outcome: Outcome): Uint8Array {
  if (outcome.kind === 'applied') return outcome.response
  return outcome.kind === 'refused' ? utf8Encode(`refused: ${outcome.message}`) : noBytes
}
