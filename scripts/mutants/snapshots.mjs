// Mistakes with snapshots (§5.1): what they cover, what they carry, when they are durable, and what
// of the log may go for them.

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
    replace: '        take: () => this.#machine.snapshot(),',
    by:
      '        take: () => {\n          const machine = this.#machine\n' +
      '          return (function* () {\n            yield* machine.snapshot()\n          })()\n' +
      '        },',
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
]
