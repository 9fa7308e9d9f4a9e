/**
 * Maelstrom's protocol: JSON messages, one a line, on standard input and output. What Maelstrom
 * itself says is read here with a check for every field that we use; between our own nodes bytes
 * travel in a field of their own.
 */

export interface MaelstromMessage {
  readonly src: string
  readonly dest: string
  readonly body: Body
}

export interface Body {
  readonly type: string
  readonly msg_id?: number
  readonly in_reply_to?: number
  readonly [field: string]: unknown
}

/** Maelstrom's error codes, of those that we give; the definite ones promise no effect. */
export const errorCodes = {
  timeout: 0,
  notSupported: 10,
  temporarilyUnavailable: 11,
  malformedRequest: 12,
  keyDoesNotExist: 20,
  preconditionFailed: 22,
} as const

export type ErrorName = keyof typeof errorCodes

/** The message of a line, or in words what is wrong with it. */
export function readMessage(line: string): MaelstromMessage | string {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    return 'it is no JSON'
  }
  if (!isObject(parsed)) return 'it is no object'
  const { src, dest, body } = parsed
  if (typeof src !== 'string' || typeof dest !== 'string') return 'it lacks src or dest'
  if (!isObject(body) || typeof body.type !== 'string') return 'its body has no type'
  return { src, dest, body: body as Body }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}

/** The bytes of a field, or null where it has none. */
export function fromBase64(field: unknown): Uint8Array | null {
  return typeof field === 'string' ? Uint8Array.from(Buffer.from(field, 'base64')) : null
}
