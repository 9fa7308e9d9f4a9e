// Mistakes with snapshots (§5.1): what they cover, what they carry, when they are durable, and what
// of the log may go for them.

const plays = ['test/scenarios.test.ts']

/** @type {import('./list.mjs').Mutant[]} */
export const mutantsOfSnapshots = [
  {
    name: 'snapshot-taken-for-held',
    file: 'src/raft/receiving.ts',
    replace: '  return lastIndex <= commitIndex || log.matches(lastIndex, lastTerm)',
    by: '  return lastIndex <= commitIndex || (lastTerm > 0 && lastIndex <= log.lastIndex)',
    bug: 'a log that is long enough is taken to agree with the snapshot (hashicorp/raft 697)',
  },
  {
    name: 'snapshot-installed-behind-commit',
    file: 'src/raft/receiving.ts',
    replace: '  return lastIndex <= commitIndex || log.matches(lastIndex, lastTerm)',
    by: '  return commitIndex >= 0 && log.matches(lastIndex, lastTerm)',
    bug: 'a late snapshot takes back what was committed since (NuRaft 407)',
  },
  {
    name: 'snapshot-acknowledged-before-save',
    file: 'src/raft/receiving.ts',
    replace:
      '  const { bytesStored } = stored\n' + '  sendAfterSave(raft, installSnapshotResponse(',
    by: '  const { bytesStored } = stored\n' + '  raft.outbox.send.push(installSnapshotResponse(',
    bug: 'an installed snapshot is acknowledged before it is durable',
  },
  {
    name: 'snapshot-acknowledged-by-first-chunk',
    file: 'src/raft/receiving.ts',
    replace:
      '  const matchIndex = holds(raft, snapshot) ? snapshot.lastIndex : 0\n  if (matchIndex > 0)',
    by: '  const matchIndex = snapshot.lastIndex\n  if (holds(raft, snapshot))',
    bug: 'one chunk of a snapshot is acknowledged as all of it',
  },
  {
    name: 'snapshot-not-saved',
    file: 'src/raft/outbox.ts',
    replace: '    snapshot: outbox.replacedBy,',
    by: '    snapshot: null,',
    bug: 'a snapshot takes the place of the log in memory and not on the disk',
  },
  {
    name: 'snapshot-published-without-sync',
    file: 'src/storage/snapshot-writer.ts',
    replace: '    this.#file.sync((notSynced) => {',
    by: '    this.#shelf.soon(() => {\n      const notSynced = null as Error | null',
    bug: 'a snapshot gets its name before its content is durable (etcd 10219)',
  },
  {
    name: 'snapshot-later-than-its-label',
    file: 'src/server/replica.ts',
    replace: '        take: () => this.#machine.snapshot(this.#digests?.origin ?? this.id),',
    by:
      '        take: () => {\n          const machine = this.#machine\n' +
      '          const origin = this.#digests?.origin ?? this.id\n' +
      '          return (function* () {\n            yield* machine.snapshot(origin)\n' +
      '          })()\n        },',
    bug: 'entries that were applied after the label show in the snapshot (etcd 13766)',
  },
  {
    name: 'snapshot-without-sessions',
    file: 'src/state-machine/session-machine.ts',
    replace: '    this.#sessions = sessions\n',
    by: '    this.#sessions = sessions.size > 0 ? new SessionTable() : sessions\n',
    bug: 'sessions are lost with the log that opened them; repeats happen again (LogCabin 445f383)',
  },
  {
    name: 'snapshot-with-an-older-configuration',
    file: 'src/raft/snapshot.ts',
    replace: '    configuration: encodeConfiguration(configurations.asOf(lastApplied)),',
    by: '    configuration: encodeConfiguration(configurations.asOf(log.baseIndex)),',
    bug: 'who takes part is forgotten with the log that said so (redisraft 44)',
    wishes: { foreign: 0 },
  },
  {
    name: 'older-snapshot-takes-the-place-of-a-later',
    file: 'src/storage/snapshot-files.ts',
    replace: '    const isLater = before === null || snapshot.lastIndex > before.lastIndex\n',
    by: '    const isLater = before === null || snapshot.lastIndex !== before.lastIndex\n',
    bug: 'a snapshot that was begun earlier and ends later is in force (etcd 18055)',
    tests: ['test/storage/snapshots.test.ts'],
  },
  {
    name: 'log-trimmed-too-far-on-disk',
    file: 'src/storage/kept-segments.ts',
    replace: '    if (next.startIndex > this.#covered) return\n',
    by: '    if (next.startIndex > this.#covered + 3) return\n',
    bug: 'a segment goes of which the snapshot does not cover the end (redisraft dfe4a3e)',
  },
  {
    name: 'cut-below-the-first-segment-refused',
    file: 'src/storage/recovery.ts',
    replace: '    if (from >= 1 && from <= ledger.baseIndex &&',
    by: '    if (from < 0 && from <= ledger.baseIndex &&',
    bug: 'a log that was cut where segments that are gone held it cannot be read back (our own)',
  },
  {
    name: 'chunks-of-two-snapshots-mixed',
    file: 'src/raft/snapshot.ts',
    replace:
      '    a.lastIndex === b.lastIndex &&\n' +
      '    a.lastTerm === b.lastTerm &&\n' +
      '    a.size === b.size &&\n' +
      '    a.checksum === b.checksum\n',
    by: '    a.lastTerm === b.lastTerm\n',
    bug: 'chunks of a new leader are put behind those of its predecessor (redisraft dcc2fea)',
    tests: plays,
  },
  {
    name: 'chunk-out-of-place-stored',
    bug: 'a chunk is stored wherever it belongs, and the whole is believed (LogCabin b883ea1)',
    edits: [
      {
        file: 'src/raft/receiving.ts',
        replace: '  if (offset !== receiving.bytesStored) {\n',
        by: '  if (offset < 0) {\n',
      },
      {
        file: 'src/server/snapshot-chunks.ts',
        replace: '    if (writer.size !== offset || writer.checksumWith(data) !== checksum) {\n',
        by: '    if (checksum < 0) {\n',
      },
      {
        file: 'src/server/snapshot-chunks.ts',
        replace: '    if (writer.checksum !== snapshot.checksum) {\n',
        by: '    if (writer.size !== snapshot.size) {\n',
      },
    ],
  },
  {
    name: 'lost-chunk-never-sent-again',
    file: 'src/raft/installing.ts',
    replace: "    install.stage = 'idle'\n  }\n}\n\n/** The driver has read",
    by: '  }\n}\n\n/** The driver has read',
    bug: 'a follower whose chunk was lost waits for ever (NuRaft 657)',
    tests: plays,
  },
  {
    name: 'restarted-receiver-not-believed',
    file: 'src/raft/installing.ts',
    replace: '    install.offset = bytesStored\n',
    by: '    install.offset = Math.max(install.offset, bytesStored)\n',
    bug: 'a follower that lost what it had stored is sent the middle for ever (LogCabin 174)',
    tests: plays,
  },
  {
    name: 'tail-kept-behind-a-snapshot',
    file: 'src/raft/log.ts',
    replace:
      '    this.#entries = []\n    this.#baseIndex = baseIndex\n' +
      '    this.#baseTerm = baseTerm\n    this.#bytes',
    by:
      '    this.#entries = this.#entries.slice(baseIndex - this.#baseIndex)\n' +
      '    this.#baseIndex = baseIndex\n    this.#baseTerm = baseTerm\n    this.#bytes',
    bug: 'entries of a deposed leader follow a snapshot that they contradict (openraft 1892)',
    tests: plays,
  },
  {
    name: 'snapshot-replaces-a-log-that-agrees',
    file: 'src/raft/receiving.ts',
    replace: '  return lastIndex <= commitIndex || log.matches(lastIndex, lastTerm)',
    by: '  return lastIndex <= commitIndex || (lastTerm < 0 && log.matches(lastIndex, lastTerm))',
    bug: 'entries that were acknowledged go for a snapshot that they agree with (Figure 5.3)',
    tests: ['test/raft/receiving.test.ts'],
  },
  {
    name: 'installed-configuration-ignored',
    file: 'src/raft/receiving.ts',
    replace: '  raft.configurations.installed(lastIndex, configurationOf(snapshot))\n',
    by: '  raft.configurations.installed(lastIndex, raft.configurations.newest)\n',
    bug: 'who joins by a snapshot does not know who takes part (openraft 1808)',
    wishes: { foreign: 0 },
  },
  {
    name: 'snapshot-of-half-a-joint-configuration',
    file: 'src/raft/snapshot.ts',
    replace: '    configuration: encodeConfiguration(configurations.asOf(lastApplied)),',
    by:
      '    configuration: encodeConfiguration({\n' +
      '      ...configurations.asOf(lastApplied),\n' +
      '      votersOld: null,\n' +
      '    }),',
    bug: 'the outgoing voters are not in a snapshot of a change under way (etcd e515a67)',
    tests: plays,
  },
  {
    name: 'log-trimmed-beyond-the-snapshot',
    bug: 'entries are dropped that no snapshot covers (redisraft 5195c0c)',
    edits: [
      {
        file: 'src/raft/snapshot.ts',
        replace: '  raft.trimTo = endOfPrefix(raft.log, taken.lastIndex, raft.options)\n',
        by: '  raft.trimTo = endOfPrefix(raft.log, raft.lastApplied, raft.options)\n',
      },
      {
        file: 'src/raft/snapshot.ts',
        replace: 'assert(index <= (raft.snapshot?.lastIndex ?? 0), ',
        by: 'assert(index >= 0, ',
      },
    ],
    tests: plays,
  },
  {
    name: 'log-trimmed-while-a-snapshot-is-sent',
    file: 'src/raft/snapshot.ts',
    replace: '      if (install !== null) index = Math.min(index, install.snapshot.lastIndex)\n',
    by: '      if (install !== null) index = Math.min(index, log.lastIndex)\n',
    bug: 'a slow follower needs one snapshot after the other (openraft 1828)',
    tests: plays,
  },
  {
    name: 'log-without-a-window',
    file: 'src/raft/snapshot.ts',
    replace: '  while (index > log.baseIndex && lastIndex - index < trailingEntriesMax) {\n',
    by: '  while (index > log.baseIndex && trailingEntriesMax < 0) {\n',
    bug: 'a follower that is one entry behind is sent the whole state',
    tests: plays,
  },
  {
    name: 'state-machine-left-behind',
    file: 'src/server/snapshots.ts',
    replace: '    this.#parts.source.restore(this.#chunks.takeReceived(), restore)\n',
    by: '    this.#chunks.takeReceived()\n',
    bug: 'the log is that of the snapshot, and the state is not (etcd 13766)',
  },
  {
    name: 'digest-not-in-snapshot',
    file: 'src/state-machine/session-machine.ts',
    replace: '    this.#digest = header.digest\n',
    by: '',
    bug: 'who restores a snapshot is taken to have parted from the others',
    wishes: { workload: 'sessions' },
  },
]
