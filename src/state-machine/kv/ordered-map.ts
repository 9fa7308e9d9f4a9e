/**
 * A map in the order of its keys (by UTF-16 unit, as `<` has it): a B+-tree. A copy costs nothing:
 * it shares all nodes, and whoever is changed afterwards copies the nodes on its way first. That is
 * what lets a snapshot of a million keys be written while commands go on being applied.
 *
 * A node that has lost keys is not filled up from its neighbours; it goes when it is empty.
 */
import { assert } from '../../base/assert.ts'

/** Keys in a leaf, and children of a branch. */
const nodeSizeMax = 64

/** Who may change a node in place: the map with the same token. */
type Owner = object

interface Leaf<Value> {
  readonly owner: Owner
  readonly keys: string[]
  readonly values: Value[]
  readonly children: null
}

/** `keys[i]` is at most the least key of `children[i + 1]`, and above all of `children[i]`. */
interface Branch<Value> {
  readonly owner: Owner
  readonly keys: string[]
  readonly values: null
  readonly children: Node<Value>[]
}

type Node<Value> = Leaf<Value> | Branch<Value>

export class OrderedMap<Value> {
  #root: Node<Value>
  #size = 0
  #owner: Owner = {}
  /** What the last insertion has split off, and its least key. */
  #splitKey = ''
  #splitOff: Node<Value> | null = null
  /** Where the last key stands that was looked up: what is read is often set next. */
  #foundLeaf: Leaf<Value> | null = null
  #foundAt = 0

  constructor() {
    this.#root = { owner: this.#owner, keys: [], values: [], children: null }
  }

  get size(): number {
    return this.#size
  }

  get(key: string): Value | undefined {
    let node = this.#root
    while (node.children !== null) node = node.children[childOf(node, key)] as Node<Value>
    const at = lowerBound(node.keys, key)
    if (node.keys[at] !== key) return undefined
    this.#foundLeaf = node
    this.#foundAt = at
    return node.values[at]
  }

  set(key: string, value: Value): void {
    const found = this.#foundLeaf
    if (found?.owner === this.#owner && found.keys[this.#foundAt] === key) {
      found.values[this.#foundAt] = value
      return
    }
    this.#foundLeaf = null
    const left = this.#insert(this.#root, key, value)
    const right = this.#takeSplitOff()
    this.#root =
      right === null
        ? left
        : { owner: this.#owner, keys: [this.#splitKey], values: null, children: [left, right] }
  }

  /** True where there was one. */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false
    this.#foundLeaf = null
    this.#size -= 1
    let root = this.#remove(this.#root, key)
    while (root.children?.length === 1) root = root.children[0] as Node<Value>
    this.#root =
      root.children?.length === 0
        ? { owner: this.#owner, keys: [], values: [], children: null }
        : root
    return true
  }

  /** The same keys and values, whatever becomes of this map. */
  copy(): OrderedMap<Value> {
    const copy = new OrderedMap<Value>()
    copy.#root = this.#root
    copy.#size = this.#size
    this.#owner = {}
    return copy
  }

  /** In ascending order, from `start` on. The map must not be changed meanwhile. */
  *from(start: string): Generator<readonly [string, Value]> {
    for (const { keys, values } of leavesFrom(this.#root, start)) {
      for (let at = lowerBound(keys, start); at < keys.length; at++) {
        yield [keys[at] as string, values[at] as Value]
      }
    }
  }

  #insert(node: Node<Value>, key: string, value: Value): Node<Value> {
    const own = this.#own(node)
    if (own.children === null) {
      const at = lowerBound(own.keys, key)
      if (own.keys[at] === key) {
        own.values[at] = value
        return own
      }
      own.keys.splice(at, 0, key)
      own.values.splice(at, 0, value)
      this.#size += 1
      if (own.keys.length > nodeSizeMax) this.#splitLeaf(own, at)
      return own
    }
    const at = childOf(own, key)
    own.children[at] = this.#insert(own.children[at] as Node<Value>, key, value)
    const right = this.#takeSplitOff()
    if (right !== null) {
      own.keys.splice(at, 0, this.#splitKey)
      own.children.splice(at + 1, 0, right)
      if (own.children.length > nodeSizeMax) this.#splitBranch(own, at + 1)
    }
    return own
  }

  #takeSplitOff(): Node<Value> | null {
    const node = this.#splitOff
    this.#splitOff = null
    return node
  }

  #splitLeaf(leaf: Leaf<Value>, insertedAt: number): void {
    const middle = splitPoint(leaf.keys.length, insertedAt)
    const keys = leaf.keys.splice(middle)
    this.#splitKey = keys[0] as string
    this.#splitOff = {
      owner: this.#owner,
      keys,
      values: leaf.values.splice(middle),
      children: null,
    }
  }

  #splitBranch(branch: Branch<Value>, insertedAt: number): void {
    const middle = splitPoint(branch.children.length, insertedAt)
    const children = branch.children.splice(middle)
    const keys = branch.keys.splice(middle)
    // The key between the two halves goes up.
    this.#splitKey = branch.keys.pop() as string
    this.#splitOff = { owner: this.#owner, keys, values: null, children }
  }

  /** The key is there. A node that comes back without keys or children is to be dropped. */
  #remove(node: Node<Value>, key: string): Node<Value> {
    const own = this.#own(node)
    if (own.children === null) {
      const at = lowerBound(own.keys, key)
      assert(own.keys[at] === key, 'what is removed is there')
      own.keys.splice(at, 1)
      own.values.splice(at, 1)
      return own
    }
    const at = childOf(own, key)
    const child = this.#remove(own.children[at] as Node<Value>, key)
    if ((child.children ?? child.keys).length > 0) {
      own.children[at] = child
    } else {
      own.children.splice(at, 1)
      // The key before the child goes with it; for the first child, the one behind it.
      own.keys.splice(Math.max(0, at - 1), 1)
    }
    return own
  }

  #own(node: Node<Value>): Node<Value> {
    const owner = this.#owner
    if (node.owner === owner) return node
    return node.children === null
      ? { owner, keys: [...node.keys], values: [...node.values], children: null }
      : { owner, keys: [...node.keys], values: null, children: [...node.children] }
  }
}

/** Half and half; but what was added at the end stands alone, so that ascending keys fill up. */
function splitPoint(length: number, insertedAt: number): number {
  return insertedAt === length - 1 ? length - 1 : length >> 1
}

/** The first place whose key is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}

/** The child that holds `key`, or would. */
function childOf<Value>({ keys }: Branch<Value>, key: string): number {
  const at = lowerBound(keys, key)
  return keys[at] === key ? at + 1 : at
}

function* leavesFrom<Value>(root: Node<Value>, start: string): Generator<Leaf<Value>> {
  const waiting: Node<Value>[] = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.children === null) {
      yield node
      continue
    }
    const first = childOf(node, start)
    for (let at = node.children.length - 1; at >= first; at--) {
      waiting.push(node.children[at] as Node<Value>)
    }
  }
}
