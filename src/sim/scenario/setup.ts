/** How a scenario's cluster begins, from the commands that say so; what they leave out is empty. */
import { assert, unreachable } from '../../base/assert.ts'
import type { Recovered } from '../../ports/index.ts'
import type { RaftOptions, ServerId, Term } from '../../raft/index.ts'
import type { Command, SetupCommand } from './command.ts'
import type { Observe } from './observer.ts'
import { impossible } from './scenario-error.ts'
import { givenEntry } from './terms.ts'

/** How a cluster begins. */
export interface ClusterSetup {
  readonly ids: readonly ServerId[]
  /** What the disks hold; a server that is not named starts empty. */
  readonly disks: ReadonlyMap<ServerId, Recovered>
  readonly foreign: ReadonlySet<ServerId>
  /** They begin without a configuration, and wait to be taken in. */
  readonly joining: ReadonlySet<ServerId>
  readonly options: Partial<RaftOptions>
  /** From here come the election timeouts. */
  readonly seed: string
  readonly observe: Observe
}

const defaultSeed = 'kontiki'

const setupKinds: { readonly [Kind in SetupCommand['kind']]: true } = {
  servers: true,
  log: true,
  term: true,
  vote: true,
  foreign: true,
  joining: true,
  options: true,
  seed: true,
}

export function isSetup(command: Command): command is SetupCommand {
  return Object.hasOwn(setupKinds, command.kind)
}

/** Of several commands about one thing the last holds. */
export function setupOf(commands: readonly SetupCommand[], observe: Observe): ClusterSetup {
  const beginning = new Beginning()
  for (const command of commands) beginning.add(command)
  const { ids, foreign, joining, seed } = beginning
  assert(ids.length > 0, 'the servers were named')
  if (joining.size === ids.length) throw impossible('somebody has to begin')
  const disks = new Map(ids.map((id) => [id, beginning.diskOf(id)]))
  const options = Object.fromEntries(beginning.options) as Partial<RaftOptions>
  return { ids, disks, foreign, joining, options, seed, observe }
}

class Beginning {
  ids: readonly ServerId[] = []
  seed = defaultSeed
  readonly foreign = new Set<ServerId>()
  readonly joining = new Set<ServerId>()
  readonly options = new Map<string, number | boolean>()
  readonly #logs = new Map<ServerId, readonly Term[]>()
  readonly #currentTerms = new Map<ServerId, Term>()
  readonly #votes = new Map<ServerId, ServerId>()

  add(command: SetupCommand): void {
    switch (command.kind) {
      case 'servers':
        this.ids = command.ids
        break
      case 'log':
        for (const id of command.ids) this.#logs.set(id, command.terms)
        break
      case 'term':
        for (const id of command.ids) this.#currentTerms.set(id, command.term)
        break
      case 'vote':
        for (const id of command.ids) this.#votes.set(id, command.candidateId)
        break
      case 'foreign':
        for (const id of command.ids) this.foreign.add(id)
        break
      case 'joining':
        for (const id of command.ids) this.joining.add(id)
        break
      case 'options':
        for (const [name, value] of command.options) this.options.set(name, value)
        break
      case 'seed':
        this.seed = command.seed
        break
      default:
        unreachable(command)
    }
  }

  /** The term is the last entry's where no other is given. */
  diskOf(id: ServerId): Recovered {
    const terms = this.#logs.get(id) ?? []
    const lastTerm = terms.at(-1) ?? 0
    const currentTerm = this.#currentTerms.get(id) ?? lastTerm
    const votedFor = this.#votes.get(id) ?? null
    if (currentTerm < lastTerm) throw impossible(`${id} has an entry of a term after its own`)
    if (votedFor !== null && currentTerm === 0) throw impossible(`${id} votes in no term`)
    return { currentTerm, votedFor, entries: terms.map((term, i) => givenEntry(i + 1, term)) }
  }
}
