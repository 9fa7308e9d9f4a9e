/**
 * A short fingerprint of a list of commands, for reads of logs too long to record. It is continued
 * command by command. It tells accidents apart, not forgeries: 64 bits of two FNV-1a hashes.
 */

/** The digest of no commands. */
export const emptyDigest = '811c9dc59e3779b9'

/** The digest of the list of which `digest` is the digest, with one command more. */
export function extendDigest(digest: string, command: string): string {
  let left = Number.parseInt(digest.slice(0, 8), 16) | 0
  let right = Number.parseInt(digest.slice(8), 16) | 0
  // The length first, so that moving a character from one command to the next shows.
  left = Math.imul(left ^ command.length, 0x01000193)
  right = Math.imul(right ^ ~command.length, 0x01000193)
  for (let i = 0; i < command.length; i++) {
    const unit = command.charCodeAt(i)
    left = Math.imul(left ^ unit, 0x01000193)
    right = Math.imul(right ^ unit, 0x01000193)
    right ^= right >>> 15
  }
  return hex(left) + hex(right)
}

/** The digest of commands, the oldest first: 16 hexadecimal digits. */
export function commandsDigest(commands: readonly string[]): string {
  return commands.reduce(extendDigest, emptyDigest)
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
