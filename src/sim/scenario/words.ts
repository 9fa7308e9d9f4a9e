/**
 * A command as words, read from left to right. It knows quotes, a few signs that stand for
 * themselves, and the names of the servers that the scenario has; what the words mean is said in
 * parse-command.ts and its neighbours.
 */
import type { ServerId } from '../../raft/index.ts'
import { Problem } from './scenario-error.ts'

interface Word {
  readonly text: string
  readonly isQuoted: boolean
}

/** One server's view of another: where messages go. */
export interface Link {
  readonly from: ServerId
  readonly to: ServerId
}

/** `1→2` and `1->2` are one link; `1↔2` and `1<->2` are both directions. */
const arrow = /^(.+?)(→|↔|<->|->)(.+)$/

export class Words {
  readonly #words: readonly Word[]
  readonly #servers: ReadonlySet<ServerId>
  #next = 0

  constructor(text: string, servers: ReadonlySet<ServerId>) {
    this.#words = split(text)
    this.#servers = servers
  }

  get isAtEnd(): boolean {
    return this.#next === this.#words.length
  }

  /** The next word, whatever it is; `what` says what is wanted where there is none. */
  word(what: string): string {
    const word = this.#words[this.#next]
    if (word === undefined) throw new Problem('SYNTAX', `${what} is missing`)
    this.#next += 1
    return word.text
  }

  /** Takes the next word if it is this one. */
  take(text: string): boolean {
    if (!this.isAt(text)) return false
    this.#next += 1
    return true
  }

  /** Whether the next word is this one. */
  isAt(text: string): boolean {
    const word = this.#words[this.#next]
    return word !== undefined && !word.isQuoted && word.text === text
  }

  /** Takes the next word if it looks so; returns what the pattern's group caught. */
  takeMatch(pattern: RegExp): string | null {
    const word = this.#words[this.#next]
    const caught = word === undefined || word.isQuoted ? null : pattern.exec(word.text)
    if (caught === null) return null
    this.#next += 1
    return caught[1] ?? caught[0]
  }

  require(text: string): void {
    if (!this.take(text)) throw this.#unexpected(`"${text}"`)
  }

  quoted(what: string): string {
    if (!this.isAtQuoted) throw this.#unexpected(what)
    return this.word(what)
  }

  get isAtQuoted(): boolean {
    return this.#words[this.#next]?.isQuoted === true
  }

  /** The word after which nothing may follow. */
  end(): void {
    if (!this.isAtEnd) throw this.#unexpected('the end of the command')
  }

  integer(what: string): number {
    const text = this.word(what)
    const value = Number(text)
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
      throw new Problem('SYNTAX', `${what} is a whole number, not "${text}"`)
    }
    return value
  }

  get isAtInteger(): boolean {
    const word = this.#words[this.#next]
    return word !== undefined && !word.isQuoted && /^\d+$/.test(word.text)
  }

  milliseconds(what: string): number {
    const text = this.word(what)
    const digits = /^(\d+(?:\.\d+)?)ms$/.exec(text)
    if (digits === null) throw new Problem('SYNTAX', `${what} is written as 40ms, not "${text}"`)
    return Number(digits[1])
  }

  get isAtServer(): boolean {
    const word = this.#words[this.#next]
    return word !== undefined && (this.#servers.has(word.text) || word.text === 'all')
  }

  server(): ServerId {
    const text = this.word('a server')
    if (!this.#servers.has(text)) throw this.#unknown(text)
    return text
  }

  /** One server or more; `all` is every one. */
  servers(): readonly ServerId[] {
    if (this.take('all')) return [...this.#servers]
    const ids = [this.server()]
    while (this.isAtServer) ids.push(this.server())
    return ids
  }

  /** The servers that follow, or every one where none do. */
  serversOrAll(): readonly ServerId[] {
    return this.isAtEnd ? [...this.#servers] : this.servers()
  }

  get isAtLink(): boolean {
    const word = this.#words[this.#next]
    return word !== undefined && !word.isQuoted && arrow.test(word.text)
  }

  link(): Link & { readonly bothWays: boolean } {
    const text = this.word('a link such as 1→2')
    const [, from, sign, to] = arrow.exec(text) ?? []
    if (from === undefined || to === undefined) {
      throw new Problem('SYNTAX', `a link is written as 1→2, not "${text}"`)
    }
    for (const id of [from, to]) if (!this.#servers.has(id)) throw this.#unknown(id)
    if (from === to) throw new Problem('SYNTAX', `no server writes to itself: ${text}`)
    return { from, to, bothWays: sign === '↔' || sign === '<->' }
  }

  #unknown(id: string): Problem {
    const known = [...this.#servers].join(', ')
    const hint = known === '' ? 'name the servers first' : `the servers are ${known}`
    return new Problem('SYNTAX', `there is no server ${id}: ${hint}`)
  }

  #unexpected(wanted: string): Problem {
    const word = this.#words[this.#next]
    const found = word === undefined ? 'the command ends' : `there is "${word.text}"`
    return new Problem('SYNTAX', `${wanted} is expected, but ${found}`)
  }
}

function split(text: string): Word[] {
  const words: Word[] = []
  const pattern = /\s+|"((?:[^"\\]|\\.)*)"|([,=|+])|([^\s",=|+]+)|(.)/gu
  for (const [, quoted, sign, plain, stray] of text.matchAll(pattern)) {
    if (stray !== undefined) throw new Problem('SYNTAX', 'a quotation mark has no partner')
    if (quoted !== undefined) words.push({ text: unescaped(quoted), isQuoted: true })
    const bare = sign ?? plain
    if (bare !== undefined) words.push({ text: bare, isQuoted: false })
  }
  return words
}

/** `\"` and `\\` inside quotes. */
function unescaped(quoted: string): string {
  return quoted.replace(/\\(.)/gu, '$1')
}
