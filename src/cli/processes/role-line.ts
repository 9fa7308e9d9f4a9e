/** Who leads, told from what servers say of themselves on standard error. */

export interface RoleChange {
  readonly role: 'follower' | 'preCandidate' | 'candidate' | 'leader'
  readonly term: number
}

/** `becomes leader in term 3: votes of …` and its like; null for any other line. */
export function readRoleChange(line: string): RoleChange | null {
  const match = /^becomes (follower|preCandidate|candidate|leader)\b.*? in term (\d+)\b/.exec(line)
  if (match === null) return null
  return { role: match[1] as RoleChange['role'], term: Number(match[2]) }
}
