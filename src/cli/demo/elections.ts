/** What the demo tells of elections: one line for each step that a person wants to see. */
import type { RoleChange } from '../processes/role-line.ts'

/** Null where there is nothing to tell: a follower that follows another, say. */
export function electionLine(
  server: number,
  before: RoleChange | null,
  { role, term }: RoleChange,
): string | null {
  switch (role) {
    case 'leader':
      return `server ${server} became leader in term ${term}`
    case 'candidate':
      return `server ${server} is a candidate in term ${term}`
    case 'preCandidate':
      return null
    case 'follower':
      if (before?.role !== 'leader') return null
      return `server ${server} stepped down: it is a follower in term ${term}`
  }
}
