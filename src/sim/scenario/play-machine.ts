/**
 * The state machine of a server in a play: it remembers the commands that it was given, one a line,
 * so that the size of its snapshots is what a play makes it. The checkers compare the digests of
 * the servers.
 */
import { crc32 } from '../../base/crc32.ts'
import type { Entry } from '../../raft/index.ts'

const newline = 0x0a

export class PlayMachine {
  #lines: Uint8Array[] = []
  #digest = 0

  /** CRC-32 of all lines. */
  get digest(): number {
    return this.#digest
  }

  apply(entry: Entry): void {
    if (entry.kind === 'command') this.#add(lineOf(entry.command))
  }

  /** As of this call, whatever is applied later. */
  snapshot(): Iterable<Uint8Array> {
    return [...this.#lines]
  }

  restore(pieces: Iterable<Uint8Array>): void {
    this.#lines = []
    this.#digest = 0
    for (const piece of pieces) this.#add(piece.slice())
  }

  #add(bytes: Uint8Array): void {
    this.#lines.push(bytes)
    this.#digest = crc32(bytes, this.#digest)
  }
}

function lineOf(command: Uint8Array): Uint8Array {
  const line = new Uint8Array(command.length + 1)
  line.set(command)
  line[command.length] = newline
  return line
}
