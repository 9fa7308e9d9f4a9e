// Mistakes with a log that is damaged, given up, and filled again by the others: what was promised
// before binds the server all the same (§3.8, §3.6.3).

const wishes = {
  servers: 3,
  faults: ['bitFlips', 'kills', 'powerFailures', 'blackouts', 'partitions', 'linkCuts', 'ambushes'],
}

/** @type {import('./list.mjs').Mutant[]} */
export const mutantsOfRefill = [
  {
    name: 'votes-while-refilled',
    file: 'src/raft/election.ts',
    replace: 'raft.currentTerm && !isRefilling(raft)',
    by: 'raft.currentTerm && isRefilling(raft) === isRefilling(raft)',
    bug: 'a server that has lost its log votes for others that lack what it had acknowledged',
    wishes,
  },
  {
    name: 'stands-while-refilled',
    file: 'src/raft/adopting.ts',
    replace: '  if (isRefilling(raft)) return false\n',
    by: '  if (isRefilling(raft) && raft.now < 0) return false\n',
    bug: 'a server that has lost its log is elected by one that lacks the same',
    tests: ['test/raft/refilling.test.ts'],
  },
  {
    name: 'refilled-in-its-old-terms',
    file: 'src/storage/refill.ts',
    replace: '  const refillTerm = Math.max(bound.below, bound.refillTerm + 1)',
    by: '  const refillTerm = Math.max(1, bound.refillTerm + 1)',
    bug: 'nothing keeps a server whose votes are lost from the terms in which it gave them',
    wishes,
  },
  {
    name: 'refilled-by-one-entry',
    file: 'src/raft/refilling.ts',
    replace: '  return log.lastTerm < refillTerm',
    by: '  return log.lastTerm < Math.min(refillTerm, 1)',
    bug: 'a server that has been sent the beginning of its log votes as if it had the rest',
    tests: ['test/raft/refilling.test.ts'],
  },
  {
    name: 'term-bound-not-raised',
    file: 'src/storage/segmented-log.ts',
    replace: 'if (!limit?.isReachedBy(currentTerm)) this',
    by: 'if (!limit?.isReachedBy(-currentTerm)) this',
    bug: 'a term is saved that the bound of terms does not cover: damage would hide it',
    tests: ['test/storage/refill.test.ts'],
  },
  {
    name: 'old-log-outlives-its-end',
    file: 'src/storage/refill.ts',
    replace: '  const begun = { ...bound, isClearing: false }\n  writeTermBound',
    by: '  const begun = { ...bound, isClearing: true }\n  writeTermBound',
    bug: 'a log that was begun anew is begun anew at each start, with all that was filled in',
    tests: ['test/storage/refill.test.ts'],
  },
]
