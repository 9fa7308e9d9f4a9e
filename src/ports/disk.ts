/**
 * A directory on a disk, as the log needs it: few operations, each with its meaning for durability
 * said, so that a simulated disk can lose exactly what a real one may lose. Names are plain file
 * names in the one directory. Synchronous calls belong to start-up, before the server answers
 * anybody; while it serves, only the calls with a callback are used.
 */

/** What {@link Disk.create} adds to a name while it writes aside; a crash may leave such a file. */
export const temporarySuffix = '.tmp'

/** A file that is open for reading and writing at given positions. */
export interface DiskFile {
  /**
   * Writes all of `bytes` at `position` and makes them durable; then calls `done`, never from
   * inside this call. Short writes are continued inside. After an error the file may hold any part
   * of the bytes. It is not said whether earlier {@link write}s become durable too.
   */
  writeDurably(
    bytes: readonly Uint8Array[],
    position: number,
    done: (error: Error | null) => void,
  ): void
  /** As {@link writeDurably} without the durability: what a crash may lose, whole or in parts. */
  write(bytes: readonly Uint8Array[], position: number, done: (error: Error | null) => void): void
  /** Lets go of the file, once what is under way has ended. */
  close(): void
}

/**
 * A file that is written aside, under a temporary name, and grows as it is written. One call at a
 * time.
 */
export interface AsideFile {
  /** Writes at `position`, anywhere up to the file's end; promises nothing of durability. */
  write(bytes: readonly Uint8Array[], position: number, done: (error: Error | null) => void): void
  /** What stands there, durable or not. Throws where it cannot be read. */
  read(position: number, length: number): Uint8Array
  /** Makes the content durable, under the name that it has. */
  sync(done: (error: Error | null) => void): void
  /** Gives it its name, in place of any file of that name, and makes the name durable. */
  publish(name: string, done: (error: Error | null) => void): void
  /** Lets go of the file, once what is under way has ended, and removes it if not published. */
  close(): void
}

/** A file that is open for reading; it can be read to the end though its name be gone. */
export interface ReadFile {
  readonly size: number
  /** Reads at start-up, or where nobody waits. Throws where it cannot. */
  readNow(position: number, length: number): Uint8Array
  /** As {@link readNow}, and calls back later. */
  read(
    position: number,
    length: number,
    done: (error: Error | null, bytes: Uint8Array | null) => void,
  ): void
  close(): void
}

export interface Disk {
  /** For messages to people: where the directory is. */
  readonly path: string
  /** The names in the directory, in no order. What is listed is durable, as a name. */
  list(): string[]
  /** The whole of a file, durable or not. Throws where there is none or it cannot be read. */
  read(name: string): Uint8Array
  /** Opens an existing file. Throws where it cannot. */
  open(name: string): DiskFile
  /**
   * Makes a file of `size` bytes, `head` followed by zeros, durable with its size and its name in
   * the directory before it returns or calls back: written aside under a temporary name, synced,
   * renamed, the directory synced. An existing file of that name is replaced in one step.
   */
  create(name: string, head: Uint8Array, size: number): void
  /** As {@link create}, and opens the file; `file` is null where there was an error. */
  createLater(
    name: string,
    head: Uint8Array,
    size: number,
    done: (error: Error | null, file: DiskFile | null) => void,
  ): void
  /** Writes inside an existing file and makes that durable before it returns. */
  overwrite(name: string, bytes: Uint8Array, position: number): void
  /** Removes a file, durably. */
  remove(name: string): void
  /** As {@link remove}; `done` is called later. */
  removeLater(name: string, done: (error: Error | null) => void): void
  /** Makes an empty file of this name, which ends as temporary names do. Throws if it cannot. */
  createAside(aside: string): AsideFile
  /** Opens an existing file for reading. Throws where it cannot. */
  openToRead(name: string): ReadFile
}
