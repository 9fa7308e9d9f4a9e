/** What an operator should hear of a server's own disk: that it is full, or hangs, or no more. */
import type { Notice, ServerId } from '../raft/index.ts'

/** Null where the notice is of something else. */
export function diskWarning(id: ServerId, notice: Notice): { code: string; text: string } | null {
  if (notice.kind === 'diskSpace') {
    return notice.isFull
      ? {
          code: 'DISK_FULL',
          text:
            `the disk of ${id} is full: it takes no commands, stores terms and votes with what ` +
            'room it has, and answers queries; make room, and it goes on by itself',
        }
      : { code: 'DISK_SPACE', text: `the disk of ${id} has space again: it takes commands` }
  }
  if (notice.kind !== 'roleChanged' || notice.why !== 'its own disk is silent') return null
  const text = `the disk of ${id} hangs: it has saved nothing for an election timeout`
  return { code: 'DISK_HANGS', text: `${text}, and leads no more` }
}
