/**
 * A `Raft` to read a message into. The generated class keeps its oneof to one member by deleting,
 * whenever a member was read, all the others that there could be: some 26 deletions a message,
 * nearly all of them of nothing. This one remembers which member it has. The rule is the same: of
 * several members the last one holds (docs/wire.md).
 */

import * as generated from './generated/raft.js'
import type { StrictReader } from './strict-reader.ts'

type Member = NonNullable<generated.Raft['Message']>

/** The generated code can read into a message that is there, which its types do not say. */
const decodeInto = generated.Raft.decode as unknown as (
  reader: StrictReader,
  length: undefined,
  end: undefined,
  depth: number,
  target: OneMember,
) => generated.Raft

/** In the types `Message` is a field; in the generated class it is an accessor. */
const Fields: new () => Omit<generated.Raft, 'Message'> = generated.Raft

class OneMember extends Fields {
  memberRead: Member | null

  constructor() {
    super()
    this.memberRead = null
  }

  /** The generated code tells here which member it has just read. */
  set Message(member: Member) {
    if (this.memberRead !== null && this.memberRead !== member) this[this.memberRead] = null
    this.memberRead = member
  }
}

/** Throws what the reader throws. */
export function readOneMember(reader: StrictReader): generated.Raft {
  return decodeInto(reader, undefined, undefined, 0, new OneMember())
}
