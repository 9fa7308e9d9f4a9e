/** Why the core does not begin a change of the members, or does not hand over, for people. */
import type { ChangeRefusal, ServerId, TransferAnswer } from '../raft/index.ts'

export function changeRefusalText(refusal: ChangeRefusal, servers: readonly ServerId[]): string {
  const named = servers.join(', ')
  const texts: Readonly<Record<ChangeRefusal, string>> = {
    notLeader: 'this server does not lead',
    notReady: 'the leader is new, and has committed nothing yet',
    changeUnderWay: 'another change is under way',
    unchanged: 'these are the members already',
    noVoter: 'nobody would be left to vote',
    invalid: 'a server is named twice, or not at all, or has an address and no part',
    tooLarge: 'so many servers do not fit into one entry of the log',
    unknownServer: `${named} would vote without having been a learner before`,
    notCaughtUp: `${named} does not hold enough of the log yet to vote`,
    diskFull: 'the disk of the leader is full, or those of too many others',
    wouldLoseQuorum:
      `without an answer from ${named} the new voters would have no majority, and nothing could ` +
      'be decided any more',
  }
  return texts[refusal]
}

export function transferRefusalText(
  answer: Extract<TransferAnswer, { readonly kind: 'transferRefused' }>,
  to: ServerId | null,
): string {
  const leads = answer.leaderId === null ? 'nobody leads' : `${answer.leaderId} leads`
  switch (answer.refusal) {
    case 'notLeader':
      return 'this server does not lead'
    case 'notVoter':
      return 'there is nobody to hand over to: a successor is another server that votes'
    case 'diskFull':
      return `the disk of ${to ?? 'the successor'} is full: it would hand over again at once`
    case 'transferring':
      return 'the leader is handing over already'
    case 'timedOut':
      return 'the successor was not elected within an election timeout; it may be yet'
    case 'otherLeader':
      return `another server was elected: ${leads}`
  }
}
