/**
 * Reads histories of a key-value store written as one map per line, in Clojure's notation:
 * `{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}`. The value is nil where
 * there is none (a get that is called). `:fail` means that the operation never took place; `:info`,
 * and no end at all, that nobody knows.
 */
import { type History, HistoryBuilder } from '../history.ts'
import type { KeyValueInput, KeyValueOutput } from '../models/key-value.ts'
import { HistoryFormatError, type Line, linesOf, ProcessRecorder, quoted } from './format-error.ts'

const text = String.raw`"(?:[^"\\]|\\.)*"`
const mapLine = new RegExp(
  String.raw`^\{:process (\d+), :type (:\w+), :f (:\w+), :key (${text}), :value (nil|${text})\}$`,
)

interface Event {
  readonly process: string
  readonly type: string
  readonly operation: string
  readonly key: string
  readonly value: string | null
  readonly line: number
}

/** Throws {@link HistoryFormatError} for the first line that is not of this format. */
export function parseKvLines(lines: string): History<KeyValueInput, KeyValueOutput> {
  const builder = new HistoryBuilder<KeyValueInput, KeyValueOutput>()
  const recorder = new ProcessRecorder(builder)
  for (const line of linesOf(lines)) record(parseLine(line), builder, recorder)
  recorder.assertCalls()
  return builder.build()
}

function parseLine(line: Line): Event {
  const parts = mapLine.exec(line.text)
  if (parts === null) {
    const problem = `not {:process N, :type :T, :f :F, :key "K", :value V}: ${quoted(line.text)}`
    throw new HistoryFormatError(line.number, problem)
  }
  const [, process = '', type = '', operation = '', key = '', value = ''] = parts
  return {
    process,
    type,
    operation,
    key: parseText(key, line.number),
    value: value === 'nil' ? null : parseText(value, line.number),
    line: line.number,
  }
}

/** Clojure's escapes in texts that we write or read are those of JSON. */
function parseText(literal: string, line: number): string {
  try {
    return JSON.parse(literal) as string
  } catch {
    throw new HistoryFormatError(line, `not a text: ${quoted(literal)}`)
  }
}

function record(
  event: Event,
  builder: HistoryBuilder<KeyValueInput, KeyValueOutput>,
  recorder: ProcessRecorder<KeyValueInput, KeyValueOutput>,
): void {
  const { process, type, line } = event
  const where = `line ${line}`
  if (type === ':invoke') {
    recorder.call(process, parseInput(event), line, where)
    return
  }
  if (type !== ':ok' && type !== ':fail' && type !== ':info') {
    throw new HistoryFormatError(line, `not :invoke, :ok, :fail or :info: ${quoted(type)}`)
  }
  const { id, input } = recorder.end(process, line)
  if (event.operation !== `:${input.kind}` || event.key !== input.key) {
    const problem = `process ${process} ends another operation than the one it has open`
    throw new HistoryFormatError(line, problem)
  }
  if (type === ':ok') builder.return(id, parseOutput(event, input), where)
  else if (type === ':fail') builder.fail(id)
  else builder.lose(id)
}

function parseInput(event: Event): KeyValueInput {
  const { key, value, line } = event
  switch (event.operation) {
    case ':get':
      return { kind: 'get', key }
    case ':put':
    case ':append':
      if (value === null) throw new HistoryFormatError(line, `${event.operation} needs a value`)
      return { kind: event.operation === ':put' ? 'put' : 'append', key, value }
    default: {
      const problem = `not :get, :put or :append: ${quoted(event.operation)}`
      throw new HistoryFormatError(line, problem)
    }
  }
}

function parseOutput(event: Event, input: KeyValueInput): KeyValueOutput {
  if (input.kind !== 'get') {
    if (event.value !== input.value) {
      const problem = 'the answer repeats another value than the call had'
      throw new HistoryFormatError(event.line, problem)
    }
    return { kind: 'done' }
  }
  if (event.value === null) {
    throw new HistoryFormatError(event.line, 'a get that is answered needs a value')
  }
  return { kind: 'value', value: event.value }
}
