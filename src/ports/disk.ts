/**
 * A directory on a disk, as the log needs it: few operations, each with its meaning for durability
 * said, so that a simulated disk can lose exactly what a real one may lose. Names are plain file
 * names in the one directory. Synchronous calls belong to start-up, before the server answers
 * anybody; while it serves, only the calls with a callback are used.
 */

/** A file that is open for reading and writing at given positions. */
export interface DiskFile {
  /**
   * Writes all of `bytes` at `position` and makes them durable together with everything written to
   * this file before (fdatasync); then calls `done`, never from inside this call. Short writes are
   * continued inside. After an error the file may hold any part of it.
   */
  writeDurably(
    bytes: readonly Uint8Array[],
    position: number,
    done: (error: Error | null) => void,
  ): void
  /** As {@link writeDurably} without the durability: what a crash may lose, whole or in parts. */
  write(bytes: readonly Uint8Array[], position: number, done: (error: Error | null) => void): void
  close(): void
}

export interface Disk {
  /** For messages to people: where the directory is. */
  readonly path: string
  /** The names in the directory, in no order. */
  list(): string[]
  /** The whole of a file. Throws where there is none or it cannot be read. */
  read(name: string): Uint8Array
  /** Opens an existing file. Throws where it cannot. */
  open(name: string): DiskFile
  /**
   * Makes a file of `size` bytes, `head` followed by zeros, durable with its size and its name in
   * the directory before it returns or calls back: written aside under a temporary name, synced,
   * renamed, the directory synced. An existing file of that name is replaced in one step.
   */
  create(name: string, head: Uint8Array, size: number): void
  createLater(
    name: string,
    head: Uint8Array,
    size: number,
    done: (error: Error | null) => void,
  ): void
  /** Overwrites with zeros from `position` to the end of the file, durably. */
  zeroFrom(name: string, position: number): void
  /** Removes a file, durably. */
  remove(name: string): void
}
