/** What other folders may see of the core. */
export type { Answer, Effects, Notice, Refusal, Save } from './effects.ts'
export type { Input, ProposalId, Propose, Receive, Resume, Saved, SaveId, Tick } from './input.ts'
export { saved } from './input.ts'
export type {
  AppendEntriesRequest,
  AppendEntriesResponse,
  Message,
  RequestVoteRequest,
  RequestVoteResponse,
} from './message.ts'
export type { RaftOptions } from './options.ts'
export { OptionError, raftOptions } from './options.ts'
export type {
  Entry,
  EntryKind,
  LogIndex,
  Milliseconds,
  RequestId,
  ServerId,
  Term,
} from './types.ts'
export { entry } from './types.ts'
