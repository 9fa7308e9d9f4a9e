/**
 * Assertions: what must be true of our own code. They are always on, in production too: a server
 * that has broken an invariant must stop before it tells anybody something false (§8.3).
 * Errors that the outside can cause are never assertions.
 */

/** Thrown when our own code has broken one of its invariants. Nobody may catch it and go on. */
export class AssertionError extends Error {
  readonly code = 'ASSERTION_FAILED'
  override readonly name = 'AssertionError'
}

/** Throws {@link AssertionError} unless `condition` holds. `message` states what must be true. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(`assertion failed: ${message}`)
}

/**
 * For the hottest paths, as `if (wrong) broken(...)`: a message with something in it is made only
 * when it is needed.
 */
export function broken(message: string): never {
  throw new AssertionError(`assertion failed: ${message}`)
}

/** Closes a `switch` over a union: adding a member to the union then fails to compile here. */
export function unreachable(value: never): never {
  throw new AssertionError(`assertion failed: unreachable value ${String(value)}`)
}
