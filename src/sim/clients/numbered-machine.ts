/**
 * The key-value machine, with a serial number before every command: no two commands of a run are
 * equal, so it can be told which of them a server has carried out, and whether twice.
 */
import {
  type ApplyContext,
  type ByteMachine,
  encodeKvCommand,
  KeyValueMachine,
  type KvCommand,
} from '../../state-machine/index.ts'

/** Told of every command that is carried out, with what came of it. */
export type Witness = (serial: number, context: ApplyContext, response: Uint8Array) => void

const serialBytes = 4

export class NumberedMachine implements ByteMachine {
  readonly #machine = new KeyValueMachine()
  readonly #witness: Witness

  constructor(witness: Witness) {
    this.#witness = witness
  }

  apply(command: Uint8Array, context: ApplyContext): Uint8Array {
    const response = this.#machine.apply(command.subarray(serialBytes), context)
    this.#witness(serialOf(command), context, response)
    return response
  }

  query(query: Uint8Array): Uint8Array {
    return this.#machine.query(query)
  }

  snapshot(): Iterable<Uint8Array> {
    return this.#machine.snapshot()
  }

  restore(chunks: Iterable<Uint8Array>): void {
    this.#machine.restore(chunks)
  }
}

export function numbered(serial: number, command: KvCommand): Uint8Array {
  const bytes = encodeKvCommand(command)
  const whole = new Uint8Array(serialBytes + bytes.length)
  new DataView(whole.buffer).setUint32(0, serial)
  whole.set(bytes, serialBytes)
  return whole
}

function serialOf({ buffer, byteOffset, length }: Uint8Array): number {
  return length < serialBytes ? 0 : new DataView(buffer, byteOffset, serialBytes).getUint32(0)
}
