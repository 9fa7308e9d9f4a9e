/**
 * The network between the servers, which holds every message until a command delivers, drops or
 * repeats it. Links are cut and held in one direction at a time. It carries the messages of any
 * protocol, and knows of them who says them to whom and of which sort they are.
 */
import type { Message, ServerId } from '../../raft/index.ts'
import { isEverything, isOn, type Links, type MessageSort, type Selector } from './command.ts'
import { impossible } from './scenario-error.ts'

/** What a network needs to know of a message. */
export interface Carried {
  readonly from: ServerId
  readonly to: ServerId
  readonly kind: string
}

/** Whether messages of this kind are of a sort that commands name. */
export type IsOfSort<M extends Carried> = (sort: MessageSort, kind: M['kind']) => boolean

/** One message on its way. */
export interface Datagram<M extends Carried = Message> {
  readonly from: ServerId
  readonly to: ServerId
  readonly message: M
  /** It left only after its sender had saved something. */
  readonly afterSave: boolean
  readonly name: string | null
  /** It waits to be called for by its place or name. */
  readonly isHeld: boolean
}

export class ManualNetwork<M extends Carried = Message> {
  readonly isOfSort: IsOfSort<M>
  /** Oldest first. */
  #datagrams: Datagram<M>[] = []
  readonly #cut = new Set<string>()
  readonly #held = new Set<string>()

  constructor(isOfSort: IsOfSort<M>) {
    this.isOfSort = isOfSort
  }

  /** What is sent over a cut link is lost. */
  send(message: M, afterSave: boolean): void {
    const { from, to } = message
    if (this.isCut(from, to)) return
    this.#datagrams.push({ from, to, message, afterSave, name: null, isHeld: false })
  }

  isCut(from: ServerId, to: ServerId): boolean {
    return this.#cut.has(key(from, to))
  }

  /** Held by itself or by its link: not delivered unless it is meant by its place or name. */
  isHeld(datagram: Datagram<M>): boolean {
    return datagram.isHeld || this.#held.has(key(datagram.from, datagram.to))
  }

  get datagrams(): readonly Datagram<M>[] {
    return this.#datagrams
  }

  /**
   * Those that are meant, oldest first; an error where there are none, unless simply everything is
   * meant. What is held is meant only by its place or its name.
   */
  select(which: Selector): readonly Datagram<M>[] {
    const selected = this.matching(which)
    if (selected.length > 0 || isEverything(which)) return selected
    if (which.name !== null) throw impossible(`no message called "${which.name}" is on its way`)
    throw impossible('no such message is on its way, or what there is is held')
  }

  /** The same, where there may be none. */
  matching(which: Selector): readonly Datagram<M>[] {
    const { place } = which
    const all = this.#datagrams.filter((datagram) => this.#isSelected(which, datagram))
    if (which.name !== null) return all
    if (place === null) return all.filter((datagram) => !this.isHeld(datagram))
    const at = place === 'last' ? all.length : place
    return all.slice(Math.max(at - 1, 0), at)
  }

  remove(datagram: Datagram<M>): void {
    this.#datagrams = this.#datagrams.filter((other) => other !== datagram)
  }

  /** A second copy, behind everything that is on its way; held where it gets a name. */
  repeat(datagram: Datagram<M>, name: string | null): Datagram<M> {
    const copy = { ...datagram, name, isHeld: name !== null }
    this.#datagrams.push(copy)
    return copy
  }

  hold(datagram: Datagram<M>, name: string | null): Datagram<M> {
    return this.#replace(datagram, { ...datagram, name: name ?? datagram.name, isHeld: true })
  }

  /** What is meant is held no longer; the messages keep their names. */
  release(which: Selector): void {
    this.#datagrams = this.#datagrams.map((datagram) =>
      this.#isSelected(which, datagram) ? { ...datagram, isHeld: false } : datagram,
    )
  }

  holdLinks(links: Links, ids: readonly ServerId[]): void {
    for (const link of keysOn(links, ids)) this.#held.add(link)
  }

  releaseLinks(links: Links, ids: readonly ServerId[]): void {
    for (const link of keysOn(links, ids)) this.#held.delete(link)
  }

  cut(links: Links, ids: readonly ServerId[]): void {
    for (const link of keysOn(links, ids)) this.#cut.add(link)
  }

  heal(links: Links, ids: readonly ServerId[]): void {
    for (const link of keysOn(links, ids)) this.#cut.delete(link)
  }

  /** Each group by itself, and the servers of no group by themselves. */
  partition(groups: readonly (readonly ServerId[])[], ids: readonly ServerId[]): void {
    const groupOf = (id: ServerId): number => groups.findIndex((group) => group.includes(id))
    this.#cut.clear()
    for (const from of ids) {
      for (const to of ids) if (groupOf(from) !== groupOf(to)) this.#cut.add(key(from, to))
    }
  }

  #isSelected({ links, sort, name }: Selector, datagram: Datagram<M>): boolean {
    if (name !== null) return datagram.name === name
    const { from, to, message } = datagram
    return isOn(links, from, to) && this.isOfSort(sort, message.kind)
  }

  #replace(datagram: Datagram<M>, by: Datagram<M>): Datagram<M> {
    this.#datagrams = this.#datagrams.map((other) => (other === datagram ? by : other))
    return by
  }
}

function key(from: ServerId, to: ServerId): string {
  return `${from}→${to}`
}

function keysOn(links: Links, ids: readonly ServerId[]): string[] {
  const keys: string[] = []
  for (const from of ids) {
    for (const to of ids) if (from !== to && isOn(links, from, to)) keys.push(key(from, to))
  }
  return keys
}
