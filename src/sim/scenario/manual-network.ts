/**
 * The network between the servers, which holds every message until a command delivers, drops or
 * repeats it. Links are cut and held in one direction at a time.
 */
import type { Message, ServerId } from '../../raft/index.ts'
import { type Decoded, decodeDatagram } from '../../wire/index.ts'
import { isEverything, isOfSort, isOn, type Links, type Selector } from './command.ts'
import { impossible } from './scenario-error.ts'

/** One message on its way. */
export interface Datagram {
  readonly from: ServerId
  readonly to: ServerId
  readonly bytes: Uint8Array
  readonly message: Message
  /** It left only after its sender had saved something. */
  readonly afterSave: boolean
  readonly name: string | null
  /** It waits to be called for by its place or name. */
  readonly isHeld: boolean
}

export class ManualNetwork {
  /** Oldest first. */
  #datagrams: Datagram[] = []
  readonly #cut = new Set<string>()
  readonly #held = new Set<string>()

  /** What is sent over a cut link is lost. */
  send(from: ServerId, to: ServerId, bytes: Uint8Array, afterSave: boolean): void {
    if (this.isCut(from, to)) return
    const message = messageIn(decodeDatagram(bytes, from, to))
    this.#datagrams.push({ from, to, bytes, message, afterSave, name: null, isHeld: false })
  }

  isCut(from: ServerId, to: ServerId): boolean {
    return this.#cut.has(key(from, to))
  }

  /** Held by itself or by its link: not delivered unless it is meant by its place or name. */
  isHeld(datagram: Datagram): boolean {
    return datagram.isHeld || this.#held.has(key(datagram.from, datagram.to))
  }

  get datagrams(): readonly Datagram[] {
    return this.#datagrams
  }

  /**
   * Those that are meant, oldest first; an error where there are none, unless simply everything is
   * meant. What is held is meant only by its place or its name.
   */
  select(which: Selector): readonly Datagram[] {
    const selected = this.matching(which)
    if (selected.length > 0 || isEverything(which)) return selected
    if (which.name !== null) throw impossible(`no message called "${which.name}" is on its way`)
    throw impossible('no such message is on its way, or what there is is held')
  }

  /** The same, where there may be none. */
  matching(which: Selector): readonly Datagram[] {
    const { place } = which
    const all = this.#datagrams.filter((datagram) => isSelected(which, datagram))
    if (which.name !== null) return all
    if (place === null) return all.filter((datagram) => !this.isHeld(datagram))
    const at = place === 'last' ? all.length : place
    return all.slice(Math.max(at - 1, 0), at)
  }

  remove(datagram: Datagram): void {
    this.#datagrams = this.#datagrams.filter((other) => other !== datagram)
  }

  /** A second copy, behind everything that is on its way; held where it gets a name. */
  repeat(datagram: Datagram, name: string | null): Datagram {
    const copy = { ...datagram, name, isHeld: name !== null }
    this.#datagrams.push(copy)
    return copy
  }

  hold(datagram: Datagram, name: string | null): Datagram {
    return this.#replace(datagram, { ...datagram, name: name ?? datagram.name, isHeld: true })
  }

  /** What is meant is held no longer; the messages keep their names. */
  release(which: Selector): void {
    this.#datagrams = this.#datagrams.map((datagram) =>
      isSelected(which, datagram) ? { ...datagram, isHeld: false } : datagram,
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

  #replace(datagram: Datagram, by: Datagram): Datagram {
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

function isSelected({ links, sort, name }: Selector, datagram: Datagram): boolean {
  if (name !== null) return datagram.name === name
  return isOn(links, datagram.from, datagram.to) && isOfSort(sort, datagram.message.kind)
}

/** What our own servers send can be read, or our codec is broken. */
function messageIn(decoded: Decoded): Message {
  if (decoded.kind === 'message') return decoded.message
  throw new Error(`a server has sent what cannot be read: ${JSON.stringify(decoded)}`)
}
