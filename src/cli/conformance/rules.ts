/**
 * The rules that a server of the course can be blamed by, as far as they show from outside: C for
 * the course's handout, R for Raft (the figures of the paper; § is Ongaro's dissertation).
 */
export const rules = {
  C3: 'a server that the file does not list says so and ends with status 1',
  C5: 'one socket: every datagram leaves from the port of the identity',
  C6: "the wire is the course's Listing 1",
  C8: 'an answer is credited only for what it answers',
  C9: 'any datagram up to 65 507 bytes is received',
  C10: 'what is no message of Raft changes nothing',
  C12: 'a client’s command may reach any server',
  C13: 'suspended: silent; resumed: a follower that waits for a whole timeout',
  C14: 'committed commands, and nothing else, are in <host>-<port>.log as term,index,command',
  C15: 'the log files of all servers hold the same sequence',
  C16: 'log, print, suspend and resume are taken from standard input',
  C20: 'three to ten servers come to the same log, whatever the network does',
  R4: 'a vote only for a log that is as up to date: last term first, then length (§3.6.1)',
  R5: 'one vote a term (§3.4)',
  R6: 'heartbeats are judged and answered like every AppendEntries',
  R7: 'AppendEntries: the five steps of the receiver (Figure 3.1)',
  R8: 'late and repeated messages remove nothing that matches',
  R9: 'a later term is adopted, an earlier one refused (§3.3)',
  R10: 'followers stand for election only where no leader is heard',
  R12: 'a candidate leads with the votes of a majority, each counted once and of this term',
  R13: 'a leader commits what a majority has, and only by entries of its own term (§3.6.2)',
  R15: 'whoever does not answer is asked again without end',
  R16: 'one leader a term, and one entry at one index and term (Figure 3.2)',
} as const

export type Rule = keyof typeof rules

/** What a server did against a rule. */
export class Blame extends Error {
  override readonly name = 'Blame'
  readonly code = 'BLAME'
  readonly rule: Rule

  constructor(rule: Rule, what: string) {
    super(what)
    this.rule = rule
  }
}

/**
 * The server did something that it may do and that spoils the question: it was slow, or stood for
 * election in between. The question is asked again.
 */
export class Inconclusive extends Error {
  override readonly name = 'Inconclusive'
  readonly code = 'INCONCLUSIVE'
}
