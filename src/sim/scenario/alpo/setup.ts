/** How a play on ALPO begins: from the same commands as on Raft, as far as ALPO knows of them. */
import { type AlpoOptions, defaultOptions, type Entry, type ServerId } from '../../../alpo/index.ts'
import { asOwn } from '../../alpo/log-view.ts'
import type { SetupCommand } from '../command.ts'
import { impossible } from '../scenario-error.ts'
import { givenEntry } from '../terms.ts'

export interface AlpoStageSetup {
  readonly ids: readonly ServerId[]
  /** What the disks hold. */
  readonly logs: ReadonlyMap<ServerId, readonly Entry[]>
  readonly options: Partial<AlpoOptions>
  readonly seed: string
}

/** Of several commands about one thing the last holds. */
export function alpoSetupOf(commands: readonly SetupCommand[]): AlpoStageSetup {
  let ids: readonly ServerId[] = []
  let seed = 'kontiki'
  const logs = new Map<ServerId, readonly Entry[]>()
  const options: Record<string, number> = {}
  for (const command of commands) {
    switch (command.kind) {
      case 'servers':
        ids = command.ids
        break
      case 'log':
        for (const id of command.ids) {
          logs.set(
            id,
            command.terms.map((term, i) => asOwn(givenEntry(i + 1, term))),
          )
        }
        break
      case 'options':
        for (const [name, value] of command.options) {
          if (!Object.hasOwn(defaultOptions, name) || typeof value !== 'number') {
            throw impossible(`ALPO has no option "${name}"`)
          }
          options[name] = value
        }
        break
      case 'seed':
        seed = command.seed
        break
      case 'term':
      case 'vote':
        throw impossible(`ALPO keeps no ${command.kind} on disk: it begins with that of its log`)
      default:
        throw impossible(`"${command.kind}" is nothing that ALPO knows`)
    }
  }
  return { ids, logs, options, seed }
}
