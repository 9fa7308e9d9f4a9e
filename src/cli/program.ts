/**
 * How raftserver and raftclient speak and end: diagnostics on standard error, one line each, with
 * the program's name before them; status 1 for what cannot be done, 2 for wrong usage; and never a
 * stack trace.
 */
import { AssertionError } from '../base/assert.ts'

/** The program was called in a way that it does not understand. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'USAGE'
}

const usageStatus = 2

/** `name: text` on standard error. */
export function complain(name: string, text: string): void {
  process.stderr.write(`${name}: ${text}\n`)
}

/**
 * Runs a program to its end or its first failure. Exceptions that nobody caught end it as well:
 * they are ours, and going on after one would be worse.
 */
export async function runProgram(
  name: string,
  usage: string,
  program: () => Promise<void>,
): Promise<void> {
  const fail = (error: unknown): void => {
    complain(name, reasonFor(error))
    if (error instanceof UsageError) complain(name, `usage: ${usage}`)
    process.exit(error instanceof UsageError ? usageStatus : 1)
  }
  process.on('uncaughtException', fail)
  // Whoever read our output has gone. That ends nothing here: a server has other things to do.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  try {
    await program()
  } catch (error) {
    fail(error)
  }
}

/** What went wrong, in one line. */
export function reasonFor(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const line = message.replace(/\s*\n\s*/g, ' ')
  const isOurs = error instanceof AssertionError || error instanceof TypeError
  return isOurs ? `a bug in kontiki: ${line}` : line
}

/** A system call's failure without the call: `ENOENT: no such file or directory`. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (!('syscall' in error)) return error.message
  return error.message.replace(new RegExp(`, ${String(error.syscall)}\\b.*$`, 's'), '')
}
