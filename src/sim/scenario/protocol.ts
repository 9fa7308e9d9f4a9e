/** The protocols that a play can be performed in. */
export type Protocol = 'raft' | 'alpo'

export const protocols: readonly Protocol[] = ['alpo', 'raft']

export function isProtocol(word: string): word is Protocol {
  return protocols.some((protocol) => protocol === word)
}
