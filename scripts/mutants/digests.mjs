// Wrong versions of how servers find out that their states have parted. list.mjs says what the
// fields mean. Nothing parts in a simulated world where nothing is wrong: tests make it.

const tests = ['test/server/digests.test.ts']

/** @type {import('./list.mjs').Mutant[]} */
export const mutantsOfDigests = [
  {
    name: 'digest-without-outcomes',
    file: 'src/state-machine/session-machine.ts',
    replace: '    writeOutcome(this.#digested.number(entry.index), outcome)\n',
    by: '    this.#digested.number(entry.index)\n',
    bug: 'the digest says which entries were applied, and not what came of them',
    tests,
  },
  {
    name: 'digest-judged-without-a-majority',
    file: 'src/server/digests.ts',
    replace: 'if (hasQuorum(configuration, independentOf(configuration, all, digest))) return',
    by: 'if (independentOf(configuration, all, digest).size > 0) return',
    bug: 'whoever reports first is right, and the others stop',
    tests,
  },
  {
    name: 'digest-of-a-sent-state-counts',
    file: 'src/server/digests.ts',
    replace: 'byOrigin.set(voice.origin, id)',
    by: 'byOrigin.set(id, id)',
    bug: 'a parted server and the one that has its snapshot outvote the one that is right',
    tests,
  },
  {
    name: 'digest-origin-forgotten',
    file: 'src/server/replica.ts',
    replace: 'take: () => this.#machine.snapshot(this.#digests?.origin ?? this.id)',
    by: 'take: () => this.#machine.snapshot(this.id)',
    bug: 'after a restart a state that was sent counts as its own',
    tests,
  },
  {
    name: 'digest-verdict-of-anybody',
    file: 'src/server/digests.ts',
    replace: '      if (from === leaderId) this.#compare(index, digest)\n',
    by: '      this.#compare(index, digest)\n',
    bug: 'a server that has parted stops the others',
    tests,
  },
  {
    name: 'parted-leader-goes-on',
    file: 'src/server/digests.ts',
    replace: '    this.#compare(index, right)\n  }\n',
    by: '  }\n',
    bug: 'a leader that has parted answers, and sends its state to others',
    tests,
  },
  {
    name: 'parted-follower-not-told',
    file: 'src/server/digests.ts',
    replace: 'if (id === state.id || (digest === right && origin === id)) continue',
    by: 'if (id === state.id || origin === id) continue',
    bug: 'the leader knows that a follower has parted, and keeps it to itself',
    tests,
  },
]
