/** What other folders may see of the core; published as `kontiki/raft`. */
export { Random } from '../base/random.ts'
export type { Configuration } from './configuration.ts'
export {
  configuration,
  configurationProblem,
  emptyConfiguration,
  incarnationOf,
  isJoint,
  isMember,
  isSameConfiguration,
  isVoter,
  makeConfiguration,
  mayFollow,
  serversOf,
  votersOf,
} from './configuration.ts'
export {
  configurationBytesMax,
  decodeConfiguration,
  encodeConfiguration,
} from './configuration-codec.ts'
export { ConfigurationHistory } from './configuration-history.ts'
export {
  describeConfiguration,
  describeEntry,
  describeMessage,
  describeNotice,
} from './describe.ts'
export { diskSilentAt } from './disk-silence.ts'
export type {
  Answer,
  ChangeAnswer,
  ChangeRefusal,
  ChunkEffect,
  Effects,
  Notice,
  ProposalAnswer,
  ReadAnswer,
  ReadRefusal,
  Refusal,
  Save,
  TransferAnswer,
  TransferRefusal,
} from './effects.ts'
export type {
  ChangeId,
  ChangeMembership,
  ChunkRead,
  ChunkStored,
  DiskSpace,
  Input,
  Paused,
  ProposalId,
  Propose,
  ProposedKind,
  Read,
  ReadConsistency,
  ReadId,
  Receive,
  Resume,
  Saved,
  SaveId,
  SnapshotTaken,
  Tick,
  Transfer,
  TransferId,
} from './input.ts'
export { saved } from './input.ts'
export { LegacyCredit } from './legacy-credit.ts'
export { Log } from './log.ts'
export type {
  AppendEntriesRequest,
  AppendEntriesResponse,
  InstallSnapshotRequest,
  InstallSnapshotResponse,
  Message,
  RequestVoteRequest,
  RequestVoteResponse,
} from './message.ts'
export {
  appendEntriesAccepted,
  appendEntriesObsolete,
  appendEntriesRefused,
  appendEntriesRequest,
  installSnapshotRequest,
  installSnapshotResponse,
  requestVoteRequest,
  requestVoteResponse,
} from './message.ts'
export type { RaftOptions } from './options.ts'
export { checkNames, checkSwitch, defaultOptions, OptionError, raftOptions } from './options.ts'
export type { Peer } from './peer.ts'
export type { PreVoteRequest, PreVoteResponse } from './pre-vote-message.ts'
export { preVoteRequest, preVoteResponse } from './pre-vote-message.ts'
export { type Kept, missingOf, type Promised, promisedBy } from './promised.ts'
export { hasQuorum, majorityOf, reachedByMajority, reachedByQuorum } from './quorum.ts'
export { Raft } from './raft.ts'
export type { ReadIndexRequest, ReadIndexResponse } from './read-message.ts'
export { readIndexRequest, readIndexResponse } from './read-message.ts'
export { isRefilling } from './refilling.ts'
export type { Candidate, Follower, Leader, PreCandidate, Role } from './role.ts'
export { leaderIdOf } from './role.ts'
export type { Snapshot, SnapshotPoint } from './snapshot.ts'
export { isSameSnapshot, snapshot } from './snapshot.ts'
export type { RaftSetup, RaftState } from './state.ts'
export type { TimeoutNowRequest } from './transfer-message.ts'
export { timeoutNowRequest } from './transfer-message.ts'
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
