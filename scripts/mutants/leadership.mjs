// Wrong versions of what keeps leaders in office, or sends them out of it: pre-votes (§9.6), the
// check of the quorum (§6.2), transfers (§3.10), and whom a change of members may rely on (§4.2.1).
// The plays catch them: a run of the simulator goes on though nothing is decided for a while.

const tests = ['test/scenarios.test.ts']

/** @type {import('./list.mjs').Mutant[]} */
export const mutantsOfLeadership = [
  {
    name: 'pre-vote-moves-terms',
    file: 'src/raft/receive.ts',
    replace: "  if (message.term > raft.currentTerm && message.kind !== 'preVoteRequest') {",
    by: '  if (message.term > raft.currentTerm) {',
    bug: 'the term that is asked for is adopted: asking deposes a leader that works (§9.6)',
    tests,
  },
  {
    name: 'pre-vote-beside-a-leader',
    file: 'src/raft/pre-vote.ts',
    replace: ' && !knowsWorkingLeader(raft)',
    by: '',
    bug: 'whoever hears a leader would vote for another: half a partition deposes it (Cloudflare)',
    tests,
  },
  {
    name: 'pre-vote-refused-without-a-term',
    file: 'src/raft/pre-vote.ts',
    replace: 'preVoteResponse(request, currentTerm, voteGranted)',
    by: 'preVoteResponse(request, Math.min(currentTerm, request.term - 1), voteGranted)',
    bug: 'a refusal does not tell the term: two halves refuse each other for ever (etcd 8501)',
    tests,
  },
  {
    name: 'pre-vote-for-a-shorter-log',
    file: 'src/raft/pre-vote.ts',
    replace: 'request.term > currentTerm && logIsUpToDate && ',
    by: 'request.term > currentTerm && ',
    bug: 'a server that cannot win is told that it would: it raises terms (§9.6)',
    tests,
  },
  {
    name: 'contact-by-sending',
    file: 'src/raft/quorum-contact.ts',
    replace: '(leader.peers.get(id)?.contactAt ?? Number.NEGATIVE_INFINITY)',
    by:
      'Math.max(leader.peers.get(id)?.contactAt ?? Number.NEGATIVE_INFINITY, ' +
      'leader.peers.get(id)?.latestSentAt ?? Number.NEGATIVE_INFINITY)',
    bug: 'a leader that sends and hears nothing leads for ever (CockroachDB 92089)',
    tests,
  },
  {
    name: 'contact-with-learners',
    file: 'src/raft/quorum-contact.ts',
    replace: '  return reachedByQuorum(raft.configuration, valueAt)',
    by:
      '  const { configuration } = raft\n' +
      '  const voters = [...configuration.voters, ...configuration.learners]\n' +
      '  return reachedByQuorum({ ...configuration, voters }, valueAt)',
    bug: 'the answers of learners keep a leader in office (hashicorp/raft 308)',
    tests,
  },
  {
    name: 'transfer-refused-by-voters',
    file: 'src/raft/stickiness.ts',
    replace: ' || request.isTransfer',
    by: '',
    bug: 'voters refuse the successor since they hear the leader (hashicorp/raft 570)',
    tests,
  },
  {
    name: 'transfer-before-the-log-is-there',
    file: 'src/raft/transfer.ts',
    replace: 'peer === undefined || peer.matchIndex < raft.log.lastIndex',
    by: 'peer === undefined',
    bug: 'the successor stands for election with a log that cannot win (§3.10)',
    tests,
  },
  {
    name: 'transfer-is-said-once',
    file: 'src/raft/transfer.ts',
    replace: 'askedAt !== null && now < askedAt + raft.options.heartbeatIntervalMs',
    by: 'askedAt !== null',
    bug: 'the word to stand for election is lost, and is not said again',
    tests,
  },
  {
    name: 'transfer-never-given-up',
    file: 'src/raft/transfer.ts',
    replace: '  const deadline = now + options.electionTimeoutMaxMs\n  raft.transfer =',
    by: '  const deadline = now + 1000 * options.electionTimeoutMaxMs\n  raft.transfer =',
    bug: 'a leader whose successor is gone takes no proposals any more (§3.10)',
    tests,
  },
  {
    name: 'proposals-during-a-transfer',
    file: 'src/raft/client-request.ts',
    replace: 'isTransferring(raft)',
    by: 'false',
    bug: 'the log grows under the successor, which never catches up (hashicorp/raft 581)',
    tests,
  },
  {
    name: 'transfer-to-anybody',
    file: 'src/raft/transfer.ts',
    replace: 'matchIndex < bestIndex || (matchIndex === bestIndex && contactAt <= bestContactAt)',
    by: 'bestIndex >= 0',
    bug: 'the first voter of the list is to lead, whatever it holds (§3.10)',
    tests,
  },
  {
    name: 'vote-for-who-has-not-caught-up',
    file: 'src/raft/membership.ts',
    replace: "  if (behind.length > 0) return because('notCaughtUp', behind)\n",
    by: '',
    bug: 'a server that has never answered gets a vote: nothing is decided any more (§4.2.1)',
    tests,
  },
  {
    name: 'quorum-given-away',
    file: 'src/raft/membership.ts',
    replace: '  if (force || hasQuorum(target, heard)) return null\n',
    by: '  return null\n',
    bug: 'the voters that answer are removed, and those that do not are left (§4.2.1)',
    tests,
  },
  {
    name: 'removed-leader-stays',
    file: 'src/raft/membership.ts',
    replace: '  } else if (!isVoter(raft.configuration, raft.id)) {\n    standDown(raft)\n',
    by: '',
    bug: 'a leader goes on leading a cluster that it is no part of (§4.2.2)',
    tests,
  },
  {
    name: 'departed-are-not-told',
    file: 'src/raft/peers.ts',
    replace: '    if (!isMember(configuration, peer.id)) depart(raft, peer)\n',
    by: '    if (!isMember(configuration, peer.id)) dropPeer(leader, peer)\n',
    bug: 'a removed server never hears of it, and asks for votes for ever (§4.2.3)',
    tests,
  },
]
