/**
 * Machines that deal in values instead of bytes: a codec for each of the four kinds of values, and
 * the machine of bytes that they make.
 */
import {
  type ApplyContext,
  type ByteMachine,
  CommandRefused,
  type StateMachine,
} from './state-machine.ts'

/** Values to bytes and back. Deterministic; throws where a value or bytes are not its own. */
export interface Codec<T> {
  encode(value: T): Uint8Array
  decode(bytes: Uint8Array): T
}

/** One codec for each kind of value that goes into a machine or comes out of it. */
export interface MachineCodecs<Command, Query, Result, Answer> {
  readonly command: Codec<Command>
  readonly query: Codec<Query>
  readonly result: Codec<Result>
  readonly answer: Codec<Answer>
}

/** Bytes as they are. */
export const bytesCodec: Codec<Uint8Array> = {
  encode: (value) => value,
  decode: (bytes) => bytes,
}

/**
 * The machine of bytes. Command bytes that cannot be decoded are refused, alike on every server,
 * and never reach the machine: a client's nonsense stops nobody. A result that cannot be encoded
 * is the machine's own fault, and stops the server.
 */
export function withCodecs<Command, Query, Result, Answer>(
  machine: StateMachine<Command, Query, Result, Answer>,
  codecs: MachineCodecs<Command, Query, Result, Answer>,
): ByteMachine {
  return {
    apply: (bytes: Uint8Array, context: ApplyContext) =>
      codecs.result.encode(machine.apply(decodeCommand(codecs.command, bytes), context)),
    query: (bytes: Uint8Array) => codecs.answer.encode(machine.query(codecs.query.decode(bytes))),
    snapshot: () => machine.snapshot(),
    restore: (chunks) => machine.restore(chunks),
  }
}

function decodeCommand<Command>(codec: Codec<Command>, bytes: Uint8Array): Command {
  try {
    return codec.decode(bytes)
  } catch {
    // The codec's own message may differ from one platform to the next; a response must not.
    throw new CommandRefused('the command cannot be decoded')
  }
}
