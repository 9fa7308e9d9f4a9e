// Wrong versions of our own code, each a mistake that a real implementation made or that a reader
// of the dissertation could make. `replace` must stand exactly once in `file`, or the run fails: a
// list that no longer applies proves nothing. `bug` says what is wrong and what it endangers.

import { mutantsOfTheCore } from './core.mjs'
import { mutantsOfDigests } from './digests.mjs'
import { mutantsOfDisks } from './disks.mjs'
import { mutantsOfLeadership } from './leadership.mjs'
import { mutantsOfMembership } from './members.mjs'
import { mutantsOfReads } from './reads.mjs'
import { mutantsOfRefill } from './refill.mjs'
import { mutantsOfSessions } from './sessions.mjs'
import { mutantsOfSnapshots } from './snapshots.mjs'

/**
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} [file]
 * @property {string} [replace]
 * @property {string} [by]
 * @property {{ file: string, replace: string, by: string }[]} [edits] where one place is not enough
 * @property {string} bug
 * @property {object} [wishes] what the simulator is to draw otherwise
 * @property {string[]} [tests] what catches it, where the simulator cannot: tests, or folders
 */

/** In the order of docs/simulation.md. */
export const chapters = [
  { title: 'Elections, the log, and the disk under it:', mutants: mutantsOfTheCore },
  { title: 'Who takes part:', mutants: mutantsOfMembership },
  { title: 'Who leads, and how long:', mutants: mutantsOfLeadership },
  { title: 'Snapshots:', mutants: mutantsOfSnapshots },
  { title: 'Disks that are full or silent:', mutants: mutantsOfDisks },
  { title: 'Logs that are damaged, and filled again:', mutants: mutantsOfRefill },
  { title: 'Sessions and the service:', mutants: mutantsOfSessions },
  { title: 'Reads, leases and the client:', mutants: mutantsOfReads },
  { title: 'Servers whose states have parted:', mutants: mutantsOfDigests },
]

export const mutants = chapters.flatMap((chapter) => chapter.mutants)
