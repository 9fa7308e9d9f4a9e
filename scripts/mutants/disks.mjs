// Wrong versions of what a server makes of its own disk: one that hangs costs a leader its office
// and keeps a follower from standing (§6.2), one that is full takes nothing more and loses nothing.

const plays = ['test/scenarios.test.ts']

/** @type {import('./list.mjs').Mutant[]} */
export const mutantsOfDisks = [
  {
    name: 'hung-disk-keeps-office',
    file: 'src/raft/quorum-contact.ts',
    replace: 'peers.size === 0 ? Number.POSITIVE_INFINITY : diskSilentAt(raft)',
    by: 'peers.size === 0 || diskSilentAt(raft) > 0 ? Number.POSITIVE_INFINITY : 0',
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
]
