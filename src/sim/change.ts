/** What the world asks of a server when it wants another configuration. */
import type { ChangeMembership } from '../raft/index.ts'

export type Change = Omit<ChangeMembership, 'kind' | 'changeId'>
