// Wrong versions of our own changes of membership (§4). list.mjs says what the fields mean.

const plays = ['test/scenarios.test.ts']

/** Servers lose their data and are taken in anew, while little else goes wrong. */
const emptied = {
  foreign: 0,
  faults: ['emptiedDisks', 'churn', 'loss', 'detours', 'kills', 'partitions', 'linkCuts'],
}

/** @type {import('./list.mjs').Mutant[]} */
export const mutantsOfMembership = [
  {
    name: 'joint-votes-by-the-union',
    file: 'src/raft/quorum.ts',
    replace: ' && (votersOld === null || hasMajority(votersOld, servers))',
    by: ' || hasMajority([...new Set([...voters, ...(votersOld ?? [])])], servers)',
    bug: 'in a joint configuration a majority of all together elects, not one of each (§4.3)',
  },
  {
    name: 'joint-commit-by-the-union',
    file: 'src/raft/quorum.ts',
    replace: ' : Math.min(reached, reachedByGroup(votersOld, valueAt))',
    by: ' : reachedByGroup([...new Set([...voters, ...votersOld])], valueAt)',
    bug: 'in a joint configuration a majority of all together commits (§4.3)',
  },
  {
    name: 'joint-commit-by-the-old-group',
    file: 'src/raft/quorum.ts',
    replace: 'Math.min(reached, reachedByGroup(votersOld, valueAt))',
    by: 'reachedByGroup(votersOld, valueAt)',
    bug: 'the new group is not asked whether C-old,new is committed (§4.3)',
  },
  {
    name: 'learner-counted',
    file: 'src/raft/quorum.ts',
    replace:
      '  { voters, votersOld }: Configuration,\n' +
      '  valueAt: (id: ServerId) => number,\n' +
      '): number {\n' +
      '  const reached = reachedByGroup(voters, valueAt)',
    by:
      '  { voters, votersOld, learners }: Configuration,\n' +
      '  valueAt: (id: ServerId) => number,\n' +
      '): number {\n' +
      '  const reached = reachedByGroup([...voters, ...learners], valueAt)',
    bug: 'what learners hold commits (hashicorp/raft 308, YugabyteDB)',
  },
  {
    name: 'configuration-adopted-when-committed',
    file: 'src/raft/adopting.ts',
    replace: '  raft.configuration = raft.configurations.newest',
    by:
      '  const { commitIndex, configurations, log } = raft\n' +
      '  raft.configuration = configurations.asOf(Math.max(commitIndex, log.baseIndex))',
    bug: 'a configuration holds once it is committed, not once it is in the log (§4.1)',
  },
  {
    name: 'configuration-not-rolled-back',
    file: 'src/raft/adopting.ts',
    replace: '  if (raft.configurations.truncated(from)) adopt(raft)\n',
    by: '',
    bug: 'a configuration survives the log that it stood in (NuRaft 67, redisraft 619e623)',
  },
  {
    name: 'change-before-own-commit',
    file: 'src/raft/membership.ts',
    replace: '  return commitIndex >= firstIndexOfTerm\n',
    by: '  return true\n',
    bug: 'a new leader changes the configuration before it has committed anything (Ongaro 2015)',
  },
  {
    name: 'change-without-joint',
    file: 'src/raft/membership.ts',
    replace: '  if (isSameGroup(current.voters, target.voters)) return target\n',
    by: '  return target\n',
    bug: 'from one group of voters to any other in one step (§4.3, Figure 4.2)',
  },
  {
    name: 'removed-leader-counts-itself',
    file: 'src/raft/commitment.ts',
    replace: '  const index = reachedByQuorum(configuration, (id) =>',
    by:
      '  const voters = [...new Set([...configuration.voters, ownId])]\n' +
      '  const index = reachedByQuorum({ ...configuration, voters }, (id) =>',
    bug: 'a leader that is not in C-new counts itself for it (§4.2.2)',
  },
  {
    name: 'joint-left-by-its-own-leader-only',
    file: 'src/raft/membership.ts',
    replace: '  if (isJoint(raft.configuration)) {\n    appendConfiguration',
    by:
      '  if (isJoint(raft.configuration)) {\n' +
      '    if (raft.configurations.newestIndex < role.firstIndexOfTerm) return\n' +
      '    appendConfiguration',
    bug: 'a change whose leader crashed is never completed (etcd bd3c759)',
  },
  {
    name: 'joint-commit-by-the-new-group',
    file: 'src/raft/quorum.ts',
    replace: 'Math.min(reached, reachedByGroup(votersOld, valueAt))',
    by: 'reached',
    bug: 'the old group is not asked whether C-old,new is committed (§4.3)',
  },
  {
    name: 'joint-votes-by-the-new-group',
    file: 'src/raft/quorum.ts',
    replace: ' && (votersOld === null || hasMajority(votersOld, servers))',
    by: '',
    bug: 'the new group elects by itself before the change is decided (§4.3)',
  },
  {
    name: 'change-during-a-change',
    bug: 'a second change begins while the first is not committed (redisraft 17, raft-dev 2015)',
    edits: [
      {
        file: 'src/raft/membership.ts',
        replace: '  if (!isSettled(raft, role) || isTransferring(raft))',
        by: '  if (isTransferring(raft))',
      },
      {
        file: 'src/raft/membership.ts',
        replace: "  assert(isDecided(raft, leader), 'at most one configuration is uncommitted')\n",
        by: '',
      },
    ],
    tests: plays,
  },
  {
    name: 'joint-left-before-it-is-committed',
    bug: 'C-new follows C-old,new at once: the two groups never agree (§4.3)',
    edits: [
      {
        file: 'src/raft/membership.ts',
        replace: "  if (role.kind !== 'leader' || !isDecided(raft, role)) return\n",
        by: "  if (role.kind !== 'leader' || !hasCommittedInTerm(raft, role)) return\n",
      },
      {
        file: 'src/raft/membership.ts',
        replace: "  assert(isDecided(raft, leader), 'at most one configuration is uncommitted')\n",
        by: '',
      },
    ],
  },
  {
    name: 'removed-leader-leaves-at-once',
    file: 'src/raft/membership.ts',
    replace: "  if (role.kind !== 'leader' || !isDecided(raft, role)) return\n",
    by:
      "  if (role.kind !== 'leader') return\n" +
      '  if (!isVoter(raft.configuration, raft.id)) standDown(raft)\n' +
      '  if (!isDecided(raft, role)) return\n',
    bug: 'a leader goes before the others know what removes it (raft-rs f386414)',
    tests: plays,
  },
  {
    name: 'learner-stands-for-election',
    file: 'src/raft/adopting.ts',
    replace: '  if (isVoter(configuration, id)) return true\n',
    by: '  if (isMember(configuration, id)) return true\n',
    bug: 'a server without a vote raises terms (§4.2.1)',
    tests: plays,
  },
  {
    name: 'voter-with-new-data-keeps-its-vote',
    file: 'src/raft/membership.ts',
    replace: 'isVoter(current, id) ? (before ?? told.get(id)) : (told.get(id) ?? before)',
    by: 'told.get(id) ?? before',
    bug: 'a voter that has lost its data is told to be as good as before (RethinkDB 5289)',
    tests: ['test/raft/incarnations.test.ts'],
  },
  {
    name: 'learner-with-new-data-keeps-its-match',
    file: 'src/raft/peers.ts',
    replace: ' || known.incarnation !== incarnation',
    by: '',
    bug: 'what an emptied learner had acknowledged counts once it votes (RethinkDB 5289; our own)',
    tests: ['test/raft/incarnations.test.ts'],
  },
  {
    name: 'emptied-server-let-in',
    file: 'src/base/incarnation.ts',
    replace: '  return !isAnother(other, expected) || knowsBetter(other, one)\n',
    by: '  return one !== other || isAnother(other, expected) || knowsBetter(other, one)\n',
    bug: 'a server without its data votes and acknowledges as if it had them (RethinkDB 5289)',
    wishes: emptied,
  },
  {
    name: 'newcomer-never-believed',
    file: 'src/base/incarnation.ts',
    replace: '  return one.isNamed && one.settledIndex > other.settledIndex\n',
    by: '  return one.isNamed && one.settledIndex < 0 && other.isNamed\n',
    bug: 'a server that was away turns away a leader that came in anew meanwhile (our own)',
    tests: ['test/library/rejoined.test.ts'],
  },
  {
    name: 'dropped-learner-in-a-joint-configuration',
    file: 'src/raft/membership.ts',
    replace: '    if (incarnation !== null) known.set(id, incarnation)\n  }\n',
    by:
      '    if (incarnation !== null) known.set(id, incarnation)\n  }\n' +
      '  for (const [id, its] of current.incarnations ?? []) known.set(id, known.get(id) ?? its)\n',
    bug: 'a change that drops a learner makes an entry that nobody can read (our own)',
  },
]
