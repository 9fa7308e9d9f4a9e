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
    replace: '      if (!hasQuorum(state.configuration, servers)) continue\n',
    by: '      if (servers.size === 0) continue\n',
    bug: 'whoever reports first is right, and the others stop',
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
    replace: '      this.#compare(index, digest)\n      return\n',
    by: '      return\n',
    bug: 'a leader that has parted answers, and sends its state to others',
    tests,
  },
  {
    name: 'parted-follower-not-told',
    file: 'src/server/digests.ts',
    replace: 'if (its !== digest && id !== state.id) send',
    by: 'if (its !== its && id !== state.id) send',
    bug: 'the leader knows that a follower has parted, and keeps it to itself',
    tests,
  },
]
