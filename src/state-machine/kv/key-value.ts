/**
 * What can be asked of the key-value machine, what it answers, and its limits. Keys are texts,
 * values are bytes. The limits are part of what servers agree on: changing one is a new machine.
 */
import type { LogIndex } from '../../raft/index.ts'

/** The longest key, in bytes of UTF-8; at least one. */
export const keyBytesMax = 1024

/** The longest value; a compare-and-set with two of them fits the default `commandBytesMax`. */
export const valueBytesMax: number = 500 * 1024

/** Keys on one page of a list. */
export const listEntriesMax = 1000

/** Bytes of keys and values after which a page of a list ends; one entry always fits. */
export const listBytesMax: number = 512 * 1024

/** Where a key's value comes from, as etcd has it. */
export interface KvRevision {
  /** How often the key was changed since it was created, its creation included. */
  readonly version: number
  /** The index of the entry that created the key. */
  readonly createIndex: LogIndex
  /** The index of the entry that last changed it: it only grows, so it is a fencing token. */
  readonly modificationIndex: LogIndex
}

/** A key with what it holds. */
export interface KvEntry extends KvRevision {
  readonly key: string
  readonly value: Uint8Array
}

/**
 * What must be so for a command to be carried out; 0 in either: the key is not there. A version
 * starts again when a key is deleted and created, a modification index never comes back.
 */
export type KvExpectation =
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'modificationIndex'; readonly modificationIndex: LogIndex }

export type KvCommand =
  | {
      readonly kind: 'put'
      readonly key: string
      readonly value: Uint8Array
      readonly expected: KvExpectation | null
    }
  | { readonly kind: 'delete'; readonly key: string; readonly expected: KvExpectation | null }
  | {
      readonly kind: 'compareAndSet'
      readonly key: string
      /** What the key holds; null where it is not there. */
      readonly expected: Uint8Array | null
      readonly value: Uint8Array
    }
  /** The value is a whole number in decimal digits; a key that is not there counts as 0. */
  | { readonly kind: 'increment'; readonly key: string; readonly by: number }
  /** A key that is not there counts as empty. */
  | { readonly kind: 'append'; readonly key: string; readonly value: Uint8Array }

export type KvResult =
  /** Of a put, a compare-and-set or an append: what the key has now. */
  | { readonly kind: 'changed'; readonly revision: KvRevision }
  | { readonly kind: 'incremented'; readonly value: number; readonly revision: KvRevision }
  /** `existed`: false where there was nothing to delete. */
  | { readonly kind: 'deleted'; readonly existed: boolean }
  /** The expectation does not hold, and nothing was changed; `current`: null where no such key. */
  | { readonly kind: 'conflict'; readonly current: KvRevision | null }
  | KvError

export type KvQuery =
  | { readonly kind: 'get'; readonly key: string }
  | {
      readonly kind: 'list'
      /** Only keys that begin with it; '' for all. */
      readonly prefix: string
      /** Only keys above it: the `next` of the page before, or ''. */
      readonly after: string
      /** Entries on the page, from 1 to {@link listEntriesMax}. */
      readonly limit: number
      /** Leaves the values out. */
      readonly keysOnly: boolean
    }
  | { readonly kind: 'stats' }

export type KvAnswer =
  | { readonly kind: 'found'; readonly entry: KvEntry }
  | { readonly kind: 'absent' }
  /**
   * In ascending order of the keys (by UTF-16 unit). `next`: to be given as `after` for the next
   * page, null on the last. Each page is the state of its own moment.
   */
  | { readonly kind: 'page'; readonly entries: readonly KvEntry[]; readonly next: string | null }
  | { readonly kind: 'stats'; readonly stats: KvStats }
  | KvError

export interface KvStats {
  readonly keys: number
  /** Of all keys, in UTF-8, and values. */
  readonly bytes: number
}

/** Nothing was changed. */
export interface KvError {
  readonly kind: 'error'
  readonly code: KvErrorCode
  readonly message: string
}

export const kvErrorCodes = [
  'malformed',
  'keyEmpty',
  'keyTooLarge',
  'valueTooLarge',
  'notANumber',
  'outOfRange',
] as const

export type KvErrorCode = (typeof kvErrorCodes)[number]
