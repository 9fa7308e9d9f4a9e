/** What a server's place among the others is made of: its plan, its data, and whom it tells. */
import type { Clock } from '../ports/index.ts'
import type { ReplicaEvents } from '../server/index.ts'
import type { Data } from './data.ts'
import type { ServerPlan } from './server-options.ts'

export interface MemberParts {
  readonly plan: ServerPlan
  /** Names and addresses, with the port that this server has. */
  readonly servers: ReadonlyMap<string, string>
  readonly clock: Clock
  readonly data: Data
  readonly events: Partial<ReplicaEvents>
  /** What an operator should hear of. */
  readonly warn: (code: string, text: string) => void
  /** The server cannot go on. */
  readonly failed: (error: Error) => void
}
