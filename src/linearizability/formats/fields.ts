/** The fields of one line of JSON, taken one by one, so that what is missing or odd is named. */
import type { RegisterValue } from '../models/register.ts'
import { HistoryFormatError, quoted } from './format-error.ts'

export class Fields {
  readonly line: number
  readonly #values: Map<string, unknown>

  /** Throws {@link HistoryFormatError} unless the text is one JSON object. */
  constructor(text: string, line: number) {
    this.line = line
    const value = parseJson(text, line)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new HistoryFormatError(line, `not a JSON object: ${quoted(text)}`)
    }
    this.#values = new Map(Object.entries(value))
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  text(name: string): string {
    const value = this.#take(name)
    return typeof value === 'string' ? value : this.#refuse(name, 'a text')
  }

  /** A text, or a number written as one; for the names of processes. */
  name(name: string): string {
    const value = this.#take(name)
    if (typeof value === 'string') return value
    return Number.isSafeInteger(value) ? String(value) : this.#refuse(name, 'a text or a number')
  }

  texts(name: string): readonly string[] {
    const value = this.#take(name)
    const isList = Array.isArray(value) && value.every((one) => typeof one === 'string')
    return isList ? (value as string[]) : this.#refuse(name, 'a list of texts')
  }

  /** A whole number >= `least`. */
  integer(name: string, least: number): number {
    const value = this.#take(name)
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
    return this.#refuse(name, `a whole number >= ${least}`)
  }

  number(name: string): number {
    const value = this.#take(name)
    return typeof value === 'number' ? value : this.#refuse(name, 'a number')
  }

  boolean(name: string): boolean {
    const value = this.#take(name)
    return typeof value === 'boolean' ? value : this.#refuse(name, 'true or false')
  }

  registerValue(name: string): RegisterValue {
    const value = this.#take(name)
    if (value === null || typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean') return value
    return this.#refuse(name, 'a text, a number, true, false or null')
  }

  /** Refuses fields that nobody has asked for: a misspelt field must not pass for a missing one. */
  assertAllTaken(): void {
    for (const name of this.#values.keys()) this.fail(`unknown field ${quoted(name)}`)
  }

  fail(problem: string): never {
    throw new HistoryFormatError(this.line, problem)
  }

  #take(name: string): unknown {
    if (!this.#values.has(name)) this.fail(`field ${quoted(name)} is missing`)
    const value = this.#values.get(name)
    this.#values.delete(name)
    return value
  }

  #refuse(name: string, wanted: string): never {
    return this.fail(`field ${quoted(name)} is not ${wanted}`)
  }
}

function parseJson(text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new HistoryFormatError(line, `not JSON: ${quoted(text)}`)
  }
}
