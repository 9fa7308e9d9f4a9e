/** The members of a cluster for people. */
import type { Member, MembersAnswer } from '../../library/index.ts'
import { type Column, type Paint, tableLines } from '../table.ts'

const columns: readonly Column[] = [
  { title: 'server' },
  { title: 'address' },
  { title: 'part' },
  { title: 'entries', align: 'right' },
  { title: 'lag', align: 'right' },
  { title: 'answered' },
]

/** The table, and a line where a change is not completed. */
export function memberLines(view: MembersAnswer, paint: Paint): string[] {
  const rows = view.members.map((member) => row(member, view, paint))
  const lines = tableLines(columns, rows, paint)
  return view.isSettled ? lines : [...lines, '', 'a change of the members is being completed']
}

function row(member: Member, { leaderId, lastLogIndex }: MembersAnswer, paint: Paint): string[] {
  const { id, address, part, matchIndex } = member
  return [
    id,
    address,
    id === leaderId ? paint('green', `${part}, leads`) : part,
    String(matchIndex),
    String(lastLogIndex - matchIndex),
    id === leaderId ? '' : answered(member),
  ]
}

function answered({ silentMs }: Member): string {
  if (silentMs === null) return 'never'
  return silentMs < 1000 ? 'just now' : `${Math.floor(silentMs / 1000)} s ago`
}
