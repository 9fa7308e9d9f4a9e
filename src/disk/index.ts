/** What the composition roots may see of the machine's disk. */
export {
  DirectoryLock,
  DirectoryLockError,
  directoryHolder,
  lockDirectory,
} from './directory-lock.ts'
export { directoryProblem } from './directory-problem.ts'
export { later } from './later.ts'
export { NodeDisk, type NodeDiskOptions } from './node-disk.ts'
export type { Durability } from './node-file.ts'
export { ReadOnlyDisk } from './read-only-disk.ts'
