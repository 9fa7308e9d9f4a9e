// Wrong versions of reads and leases (§6.4), and of the client. list.mjs says what the fields
// mean.
// Every run of these has clients with sessions.

const reads = 'src/raft/reads.ts'

/** Two leaders at a time, often, and nothing else that takes a run's time. */
const rivals = { servers: 5, faults: ['partitions', 'ambushes', 'oneWayCuts', 'pauses'] }

/** @type {import('./list.mjs').Mutant[]} */
const readsOfCore = [
  {
    name: 'read-before-no-op',
    file: reads,
    replace: 'role.reads.rounds.length >= roundsMax || !knowsCommitted(raft, role)',
    by: 'role.reads.rounds.length >= roundsMax',
    bug: 'a new leader reads before it knows what is committed (§6.4, etcd 3.1)',
  },
  {
    name: 'read-without-proof',
    file: reads,
    replace: 'if (oldest === undefined || !isProven(raft, role, oldest)) return',
    by: 'if (oldest === undefined) return',
    bug: 'a leader that was deposed and has not heard so answers reads',
    wishes: rivals,
  },
  {
    name: 'read-proven-by-any-answer',
    file: reads,
    replace: '> (round.after.get(id) ?? 0) ? 1 : 0',
    by: '> 0 ? 1 : 0',
    bug: 'an answer to a request of before the read proves it: the request id is not looked at',
    wishes: rivals,
  },
  {
    name: 'read-joins-a-round-under-way',
    file: reads,
    replace: '      role.reads.add(reader)\n      return\n',
    by:
      '      const [under] = role.reads.rounds as unknown as { readers: unknown[] }[]\n' +
      '      if (under === undefined) role.reads.add(reader)\n' +
      '      else role.reads.count += under.readers.push(reader) > 0 ? 1 : 0\n' +
      '      return\n',
    bug: "a read is served by a round that began before it, at that round's index (etcd 7331)",
    tests: ['test/dissertation/6-4-reads.test.ts'],
  },
  {
    name: 'read-proven-by-one',
    file: reads,
    replace: '  return reachedByQuorum(raft.configuration, proofOf) === 1\n',
    by:
      '  const { peers } = leader\n' +
      '  return peers.size === 0 || [...peers.keys()].some((id) => proofOf(id) === 1)\n',
    bug: 'one follower proves that a leader leads, where a majority has to',
    wishes: rivals,
  },
  {
    name: 'follower-reads-at-its-own-index',
    file: 'src/raft/reading-follower.ts',
    replace: '  if (success) role.reads.answered(requestId, index, outbox)\n',
    by:
      '  const own = Math.min(index, raft.commitIndex)\n' +
      '  if (success) role.reads.answered(requestId, own, outbox)\n',
    bug: 'a follower reads at what it knows to be committed and not at what the leader said',
  },
  {
    name: 'read-id-of-an-earlier-life',
    file: 'src/raft/reading-follower.ts',
    replace: '  raft.lastReadRequestId ??= raft.random.uint32() * 2 ** 16\n',
    by: '  raft.lastReadRequestId ??= 0\n',
    bug: 'ids are used again after a restart: a late answer to an old question is taken for one',
    tests: ['test/dissertation/6-4-reads.test.ts'],
  },
  {
    name: 'lease-before-no-op',
    file: reads,
    replace: "consistency === 'lease' && knowsCommitted(raft, role) && now <",
    by: "consistency === 'lease' && now <",
    bug: 'a new leader reads under its lease before it knows what is committed',
  },
  {
    name: 'lease-for-ever',
    file: 'src/raft/lease.ts',
    replace: '  return quorumContactAt + electionTimeoutMinMs / (1 + leaseClockDriftMax)\n',
    by: '  return quorumContactAt + 1000 * electionTimeoutMinMs * (1 + leaseClockDriftMax)\n',
    bug: 'a lease does not end',
    wishes: rivals,
  },
  {
    name: 'lease-from-the-answer',
    file: 'src/raft/lease.ts',
    replace: 'leader.peers.get(id)?.provenContactAt',
    by: 'leader.peers.get(id)?.contactAt',
    bug: 'a lease is counted from when an answer came, not from when its request was sent',
    tests: ['test/dissertation/6-4-1-leases.test.ts'],
  },
  {
    name: 'lease-without-stickiness',
    file: 'src/raft/stickiness.ts',
    replace: '  return knowsWorkingLeader(raft)\n',
    by: '  return request.term < 0\n',
    bug: 'servers vote while they hear a leader, which reads under its lease',
    tests: ['test/dissertation/4-2-3-disruptive-servers.test.ts'],
  },
  {
    name: 'lease-forgotten-by-a-restart',
    file: 'src/raft/state.ts',
    replace: 'firstLeaderContactAt(options, recovered.currentTerm, now)',
    by: 'Number.NEGATIVE_INFINITY',
    bug: 'a voter that restarts has forgotten that it heard a leader, and votes at once',
    tests: ['test/dissertation/6-4-1-leases.test.ts'],
  },
  {
    name: 'lease-kept-over-a-transfer',
    edits: [
      {
        file: 'src/raft/lease.ts',
        replace: 'leaseClockDriftMax === null || raft.transfer !== null',
        by: 'leaseClockDriftMax === null',
      },
      {
        file: 'src/raft/transfer.ts',
        replace: '  renounceLeases(role)\n',
        by: '  if (raft.now < 0) renounceLeases(role)\n',
      },
    ],
    bug: 'a leader that has told another to stand for election reads under its lease (§3.10)',
    tests: ['test/dissertation/6-4-1-leases.test.ts'],
  },
  {
    name: 'lease-kept-over-a-pause',
    file: 'src/raft/lease.ts',
    replace: 'role.leaseFrom = Math.max(role.leaseFrom, raft.now)',
    by: 'role.leaseFrom = Math.max(role.leaseFrom, -1)',
    bug: 'a process that stood still, perhaps with its clock, reads under the lease of before',
    tests: ['test/dissertation/6-4-1-leases.test.ts'],
  },
]

/** @type {import('./list.mjs').Mutant[]} */
const client = [
  {
    name: 'sequence-number-reused',
    file: 'src/client/sequence-window.ts',
    replace: '    settled[number % settled.length] = 1\n    while',
    by:
      '    if (number === this.#next - 1) {\n      this.#next = number\n      return\n    }\n' +
      '    settled[number % settled.length] = 1\n    while',
    bug: 'the last number is given out again: the stored response to another command comes back',
  },
  {
    name: 'resent-in-a-new-session',
    file: 'src/client/sending.ts',
    replace: "operation.kind === 'command' && operation.openAttempts === 0",
    by: "operation.kind === 'command'",
    bug: 'a command that may have happened is sent again in the next session',
  },
  {
    name: 'unknown-taken-for-no-effect',
    file: 'src/client/answers.ts',
    replace: "    if (status !== 'unknown') requests.hadNoEffect",
    by: '    requests.hadNoEffect',
    bug: 'a client tells its caller that a command has had no effect of which nobody knows',
  },
  {
    name: 'sent-again-without-a-session',
    file: 'src/client/operation.ts',
    replace: "    return this.needsSession || (this.kind !== 'command' && this.kind !== 'admin')\n",
    by: "    return this.needsSession || this.kind !== 'admin'\n",
    bug: 'a command without a session is sent again after its connection broke',
  },
  {
    name: 'answers-not-told-apart',
    file: 'src/client/requests.ts',
    replace: '    return this.#operations.get(requestId)\n',
    by:
      '    const latest = this.#operations.get(this.#lastRequestId)\n' +
      '    return this.#operations.get(requestId) ?? latest\n',
    bug: 'a late answer is taken for an answer to whatever is under way',
  },
  {
    name: 'all-called-answered',
    file: 'src/client/requests.ts',
    replace: 'session?.numbers.lowestUnsettled ?? 0',
    by: 'operation.sequenceNum',
    bug: 'every request says that all before it are answered: responses are dropped too early',
    tests: ['test/client'],
  },
  {
    name: 'stale-hint-followed',
    file: 'src/client/leader-search.ts',
    replace: 'if (hint !== null && this.#mayAsk(hint))',
    by: 'if (hint !== null)',
    bug: 'hints are followed in circles, for as long as two servers point at each other',
    tests: ['test/client/finding-the-leader.test.ts'],
  },
]

const all = [...readsOfCore, ...client]

export const mutantsOfReads = all.map((mutant) => ({
  ...mutant,
  wishes: { workload: 'sessions', ...mutant.wishes },
}))
