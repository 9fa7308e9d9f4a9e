/** ALPO, Raft's ancestor, as its one page describes it; see docs/alpo.md. */
export { Alpo } from './alpo.ts'
export { describeEntry, describeMessage, describeNotice } from './describe.ts'
export type { Effects, Notice, ProposalAnswer, Save } from './effects.ts'
export { isCompleteEnough } from './election.ts'
export type { Input, ProposalId } from './input.ts'
export type { Log } from './log.ts'
export type { Answer, Message, Request } from './message.ts'
export { isRequest } from './message.ts'
export { type AlpoOptions, defaultOptions } from './options.ts'
export type { Role } from './role.ts'
export type { AlpoSetup, AlpoState, Vote } from './state.ts'
export {
  type Entry,
  entry,
  type LogId,
  type Milliseconds,
  type ServerId,
  type Term,
} from './types.ts'
