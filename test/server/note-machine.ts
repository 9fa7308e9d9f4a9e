/** A machine for tests of whole replicas. */
import { utf8Decode, utf8Encode } from '../../src/base/bytes.ts'
import { type ByteMachine, CommandRefused } from '../../src/state-machine/index.ts'

/** Remembers commands in order, and obeys a few. */
export class NoteMachine implements ByteMachine {
  notes: string[] = []
  times: number[] = []

  apply(command: Uint8Array, { timeMs }: { timeMs: number }): Uint8Array {
    const text = utf8Decode(command) ?? ''
    if (text === 'refuse') throw new CommandRefused('not this one')
    if (text === 'poison') throw new Error('cannot digest it')
    this.notes.push(text)
    this.times.push(timeMs)
    return utf8Encode(text === 'long' ? '.'.repeat(5000) : `${text} is number ${this.notes.length}`)
  }

  query(query: Uint8Array): Uint8Array {
    const text = utf8Decode(query) ?? ''
    if (text === 'throw') throw new Error('cannot answer that')
    return utf8Encode(text === 'long' ? '.'.repeat(5000) : this.notes.join(' '))
  }

  snapshot(): Iterable<Uint8Array> {
    return this.notes.map((note) => utf8Encode(note))
  }

  restore(chunks: Iterable<Uint8Array>): void {
    this.notes = [...chunks].map((chunk) => utf8Decode(chunk) ?? '')
  }
}
