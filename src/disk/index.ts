/** What the composition roots may see of the machine's disk. */
export { DirectoryLock, DirectoryLockError, lockDirectory } from './directory-lock.ts'
export { NodeDisk, type NodeDiskOptions } from './node-disk.ts'
export type { Durability } from './node-file.ts'
