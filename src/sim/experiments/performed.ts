/** Questions whose answer is a history, told step by step by the servers themselves. */
import type { Performed } from './report.ts'

function play(
  name: string,
  answers: string,
  question: string,
  scenarios: readonly string[],
): Performed {
  return { kind: 'performed', name, answers, question, scenarios }
}

export const performed: readonly Performed[] = [
  play('election', 'L1', 'How do I know that I won or lost an election?', [
    'election.txt',
    'split-vote.txt',
  ]),
  play('second-vote', 'L3', 'A server has voted and is asked again: what then?', [
    'lecture-second-vote.txt',
  ]),
  play('majority', 'L4', 'How do I know that I have a majority?', [
    'leader-of-a-minority.txt',
    'even-majority-of-four.txt',
  ]),
  play('paxos', 'L7', 'Where are the two phases of Paxos in Raft?', ['lecture-paxos.txt']),
  play('own-term', 'L8', 'Does "by a leader of its own term" matter?', [
    'alpo-old-entry-counted.txt',
    'figure-8-committed.txt',
  ]),
  play('completeness', 'L9', 'Why does the winner hold every committed entry?', [
    'shorter-log-cannot-win.txt',
    'later-last-term-beats-longer-log.txt',
  ]),
  play('alpo-vs-raft', 'ALPO', 'What broke in ALPO, and what does Raft do instead?', [
    'alpo-two-votes.txt',
    'alpo-old-entry-counted.txt',
    'alpo-nobody-electable.txt',
  ]),
]
