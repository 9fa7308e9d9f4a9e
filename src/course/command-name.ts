/**
 * What a client may send: one or more letters, digits, dashes and underscores. That rule is the
 * client's (a server takes any text that is not empty, since another implementation's leader may
 * have taken it); how long a command may be is the datagram's, at both ends.
 */

import type { ServerId } from '../raft/index.ts'
import { commandNameBytesMax } from '../wire/index.ts'

/** 1400 bytes with the headers of IPv4 and UDP: below every usual path's MTU. */
export const defaultDatagramBytesMax = 1372

/** In less there is not always room for a command beside the longest names of servers. */
export const datagramBytesLeast = 512

/** The largest payload that UDP over IPv4 carries. */
export const datagramBytesMost = 65_507

/** Why `line` is no command for a datagram of this size, or null where it is one. */
export function commandNameProblem(line: string, bytesMax: number): string | null {
  if (line === '') return 'a command is not empty'
  const bad = /[^A-Za-z0-9_-]/u.exec(line)
  if (bad !== null) {
    const what = describeCharacter(bad[0])
    return `${what} at character ${bad.index + 1}: a command has letters, digits, - and _ only`
  }
  return commandLengthProblem(line.length, bytesMax)
}

/** Why a command of `bytes` is too long for one datagram, or null where it is not. */
export function commandLengthProblem(bytes: number, bytesMax: number): string | null {
  if (bytes <= bytesMax) return null
  return `a command of ${bytes} bytes is too long for one datagram: ${bytesMax} bytes at most`
}

/** The longest command that every one of `servers` could replicate in a datagram of this size. */
export function commandBytesMaxFor(datagramBytesMax: number, servers: readonly ServerId[]): number {
  return commandNameBytesMax(datagramBytesMax, servers)
}

function describeCharacter(character: string): string {
  if (character === ' ') return 'a blank'
  if (character === '\t') return 'a tab'
  if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(character)) return character
  const codePoint = character.codePointAt(0) as number
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}
