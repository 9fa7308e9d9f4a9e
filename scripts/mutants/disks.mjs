// Wrong versions of what a server makes of its own disk: one that hangs costs a leader its office
// and keeps a follower from standing (§6.2), one that is full takes nothing more and loses nothing.

const plays = ['test/scenarios.test.ts']

/** A write that found no room is done again. */
const retriedWrite =
  '        this.#failedOrFull(failure, done, () => ' +
  'this.#write(save, first, segment, left, done))'

/** @type {import('./list.mjs').Mutant[]} */
export const mutantsOfDisks = [
  {
    name: 'hung-disk-keeps-office',
    file: 'src/raft/quorum-contact.ts',
    replace: '  let deadline = diskSilentAt(raft)\n',
    by: '  let deadline = diskSilentAt(raft) > 0 ? Number.POSITIVE_INFINITY : 0\n',
    bug: 'a leader whose disk hangs leads on: nobody else is elected while it is heard (§6.2)',
    tests: plays,
  },
  {
    name: 'hung-disk-comes-back',
    file: 'src/raft/election.ts',
    replace: 'if (!mayCampaign(raft) || diskIsSilent(raft)) {',
    by: 'if (!mayCampaign(raft)) {',
    bug: 'whoever cannot save its own vote raises terms all the while',
    tests: plays,
  },
  {
    name: 'slow-disk-is-silent',
    file: 'src/raft/own-disk.ts',
    replace: '  outbox.diskHeardAt = raft.now\n',
    by: '',
    bug: 'a disk that is slow and goes on saving costs its leader the office',
    tests: plays,
  },
  {
    name: 'hung-disk-takes-over',
    file: 'src/raft/transfer.ts',
    replace: ' || diskIsSilent(raft)) return',
    by: ') return',
    bug: 'office is handed to a server that cannot save its own vote (§3.10)',
    tests: ['test/dissertation/6-2-routing-requests.test.ts'],
  },
  {
    name: 'full-follower-acknowledges',
    file: 'src/raft/following.ts',
    replace: '    refuseForWantOfRoom(raft, request)\n    return',
    by:
      '    sendAfterSave(raft, appendEntriesAccepted(request, raft.currentTerm, ' +
      'prevLogIndex + request.entries.length, true))\n    return',
    bug: 'a follower whose disk is full acknowledges what it has not stored (§3.5)',
  },
  {
    name: 'full-follower-refuses-strangers',
    file: 'src/raft/following.ts',
    replace: '  if (request.requestId === 0) return\n  const { log }',
    by: '  const { log }',
    bug: 'a leader of Listing 1 takes want of room for another log, and goes back to the beginning',
    tests: ['test/raft/disk-space.test.ts'],
  },
  {
    name: 'full-leader-takes-commands',
    file: 'src/raft/client-request.ts',
    replace: "  if (!hasRoomToPropose(raft, role)) return 'diskFull'\n",
    by: '',
    bug: 'a leader whose disk is full takes commands that it cannot store',
    tests: plays,
  },
  {
    name: 'full-majority-is-not-seen',
    file: 'src/raft/disk-space.ts',
    replace: '  if (!isAnyFull) return true\n',
    by: '  if (isAnyFull || !isAnyFull) return true\n',
    bug: 'commands are taken that no majority can store: their clients wait and are told nothing',
    tests: ['test/raft/disk-space.test.ts'],
  },
  {
    name: 'full-leader-stays',
    file: 'src/raft/leading.ts',
    replace: '  leaveFullDisk(raft, role)\n',
    by: '',
    bug: 'a leader whose disk is full keeps its office though others have room (§3.10)',
    tests: plays,
  },
  {
    name: 'full-disk-is-handed-the-office',
    file: 'src/raft/disk-space.ts',
    replace: 'if (peer.diskIsFull || peer.echoes !== true) return false',
    by: 'if (peer.echoes !== true) return false',
    bug: 'the office goes to and fro between servers whose disks are full',
    tests: plays,
  },
  {
    name: 'full-disk-stands-first',
    file: 'src/raft/role.ts',
    replace: ' + (raft.diskIsFull ? electionTimeoutMaxMs : 0)',
    by: '',
    bug: 'a server whose disk is full takes the office from one with room',
    tests: ['test/raft/disk-space.test.ts'],
  },
  {
    name: 'full-follower-is-flooded',
    file: 'src/raft/replication.ts',
    replace: '    } else if (peer.diskIsFull) {',
    by: '    } else if (peer.diskIsFull && peer.nextIndex < 0) {',
    bug: 'a follower that can store nothing is sent all of it again and again',
    tests: plays,
  },
  {
    name: 'full-disk-stops-the-server',
    file: 'src/storage/segment-supply.ts',
    replace: "      } else if (error.code === 'FULL') {",
    by: "      } else if (error.code === 'FULL' && number < 0) {",
    bug: 'a save that has no room fails, and with it the server',
    wishes: { faults: ['fullDisks', 'kills'] },
  },
  {
    name: 'full-disk-acknowledges',
    file: 'src/storage/segmented-log.ts',
    replace: retriedWrite,
    by: `        if (failure.code !== 'FULL') this.#fail(failure, done)
        else this.#end(done)`,
    bug: 'a write that found no room is taken for done',
    wishes: { faults: ['fullDisks', 'powerFailures', 'kills'] },
  },
  {
    name: 'full-disk-forgets-the-frame',
    file: 'src/storage/segmented-log.ts',
    replace: retriedWrite,
    by: `        segment.position += 512\n${retriedWrite}`,
    bug: 'what found no room is written behind what is left of the first try',
    wishes: { faults: ['fullDisks', 'powerFailures', 'kills'] },
  },
  {
    name: 'full-disk-is-not-looked-at',
    file: 'src/server/disk-watch.ts',
    replace: '    this.#space.recheck()\n',
    by: '',
    bug: 'a server whose disk was full takes no commands until it is started again (liveness)',
    wishes: { faults: ['fullDisks'] },
  },
  {
    name: 'full-disk-keeps-its-reserve',
    file: 'src/storage/log-space.ts',
    replace: '    this.#waiting = waiting\n    this.#parts.reserve.giveUp(() => this.#goOn())',
    by: '    this.#waiting = waiting',
    bug: 'the reserve is there and never given up: terms and votes wait for space',
    tests: ['test/storage/full-disk.test.ts'],
  },
  {
    name: 'full-disk-has-space-too-soon',
    file: 'src/storage/log-space.ts',
    replace: '        this.#parts.reserve.make((isWhole) => this.#looked(isWhole))',
    by: '        this.#looked(true)',
    bug: 'commands are taken again before there is a reserve: the next time nothing has room',
    tests: ['test/storage/full-disk.test.ts'],
  },
]
