/**
 * Values on the command line and on the screen: bytes as text, in hexadecimal or in base64. What
 * comes by standard input is taken as it is, whatever the encoding.
 */
import type { Readable } from 'node:stream'
import { utf8Decode } from '../../base/bytes.ts'
import { valueBytesMax } from '../../state-machine/index.ts'

export type Encoding = 'text' | 'hex' | 'base64'

export const encodings: readonly Encoding[] = ['text', 'hex', 'base64']

/** An argument that is not of its encoding, or an input that is no value. */
export class ValueError extends Error {
  readonly code = 'INVALID_VALUE'
  override readonly name = 'ValueError'
}

/** `-`: all that comes by standard input; anything else stands for itself, in its encoding. */
export function readValue(text: string, encoding: Encoding, input: Readable): Promise<Uint8Array> {
  return text === '-' ? readInput(input) : Promise.resolve(decode(text, encoding))
}

async function readInput(input: Readable): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of input) {
    pieces.push(piece as Uint8Array)
    length += (piece as Uint8Array).length
    if (length > valueBytesMax) {
      throw new ValueError(`standard input has more than ${valueBytesMax} bytes, a value's most`)
    }
  }
  return Buffer.concat(pieces)
}

function decode(text: string, encoding: Encoding): Uint8Array {
  if (encoding === 'text') return Buffer.from(text, 'utf8')
  const bytes = Buffer.from(text, encoding)
  // What Buffer does not understand it leaves out.
  const whole = encoding === 'hex' ? text.toLowerCase() : text.replace(/=+$/, '')
  if (bytes.toString(encoding).replace(/=+$/, '') === whole) return bytes
  throw new ValueError(`${JSON.stringify(text)} is not ${encoding}`)
}

/** The value as its own bytes, or in its encoding. */
export function encodeValue(value: Uint8Array, encoding: Encoding): Uint8Array {
  return encoding === 'text' ? value : Buffer.from(Buffer.from(value).toString(encoding))
}

/** For JSON, which holds texts alone: what is no text is in base64. */
export function jsonValue(
  value: Uint8Array,
  encoding: Encoding,
): { readonly value: string; readonly encoding: Encoding } {
  const text = encoding === 'text' ? utf8Decode(value) : null
  if (text !== null) return { value: text, encoding }
  const shown = encoding === 'text' ? 'base64' : encoding
  return { value: Buffer.from(value).toString(shown), encoding: shown }
}

const named: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n' }

/** On one line, in one column, as `printf %b` reads it: no control characters, only text. */
export function onOneLine(value: Uint8Array, encoding: Encoding): string {
  if (encoding !== 'text') return Buffer.from(value).toString(encoding)
  const text = utf8Decode(value)
  return (text ?? Buffer.from(value).toString('latin1')).replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    text === null ? /[\0-\x1f\\\x7f-\xff]/g : /[\0-\x1f\\\x7f]/g,
    (character) => named[character] ?? `\\x${hex(character)}`,
  )
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0')
}
