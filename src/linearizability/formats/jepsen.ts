/**
 * Reads the operations out of a Jepsen log of one register: lines such as
 * `INFO  jepsen.util - 3 :invoke :cas [1 4]`, separated by tabs or spaces. Lines of other loggers,
 * and those of the nemesis, are not about clients and are passed over.
 *
 * `:ok` is an answer. `:fail` of a compare-and-set is one too: the register did not hold what was
 * expected. `:fail` of a read or a write means that it never took place. `:info`, `:timed-out`, and
 * no end at all mean that nobody knows.
 */
import { type History, HistoryBuilder } from '../history.ts'
import type { CasRegisterInput, CasRegisterOutput } from '../models/cas-register.ts'
import type { RegisterValue } from '../models/register.ts'
import { HistoryFormatError, type Line, linesOf, ProcessRecorder, quoted } from './format-error.ts'

const clientLine = /\bjepsen\.util\s+-\s+(\S+)\s+(\S+)\s+(\S+)\s+(.+)$/
const otherLogger = /^[A-Z]+\s+(?!jepsen\.util\s)\S+\s+-\s/
const timedOut = ':timed-out'

interface Event {
  readonly process: string
  readonly type: string
  readonly operation: string
  readonly value: string
  readonly line: number
}

/** Throws {@link HistoryFormatError} for the first line that is not of this format. */
export function parseJepsen(text: string): History<CasRegisterInput, CasRegisterOutput> {
  const builder = new HistoryBuilder<CasRegisterInput, CasRegisterOutput>()
  const recorder = new ProcessRecorder(builder)
  for (const line of linesOf(text)) {
    const event = parseLine(line)
    if (event !== null) record(event, builder, recorder)
  }
  recorder.assertCalls()
  return builder.build()
}

function parseLine(line: Line): Event | null {
  if (otherLogger.test(line.text)) return null
  const parts = clientLine.exec(line.text)
  if (parts === null) {
    throw new HistoryFormatError(line.number, `not a line of a Jepsen log: ${quoted(line.text)}`)
  }
  const [, process = '', type = '', operation = '', value = ''] = parts
  if (process === ':nemesis') return null
  if (!/^\d+$/.test(process)) {
    throw new HistoryFormatError(line.number, `not the number of a process: ${quoted(process)}`)
  }
  return { process, type, operation, value: value.trim(), line: line.number }
}

function record(
  event: Event,
  builder: HistoryBuilder<CasRegisterInput, CasRegisterOutput>,
  recorder: ProcessRecorder<CasRegisterInput, CasRegisterOutput>,
): void {
  const { process, type, value, line } = event
  const where = `line ${line}`
  if (type === ':invoke') {
    recorder.call(process, parseInput(event), line, where)
    return
  }
  if (type !== ':ok' && type !== ':fail' && type !== ':info') {
    throw new HistoryFormatError(line, `not :invoke, :ok, :fail or :info: ${quoted(type)}`)
  }
  const { id, input } = recorder.end(process, line)
  if (event.operation !== `:${input.kind}`) {
    const ended = `process ${process} ends a ${quoted(event.operation)}`
    const problem = `${ended}, but its call is :${input.kind}`
    throw new HistoryFormatError(line, problem)
  }
  if (type === ':info' || value === timedOut) builder.lose(id)
  else if (type === ':ok') builder.return(id, parseOutput(event, input), where)
  else if (input.kind === 'cas') builder.return(id, { kind: 'refused' }, where)
  else builder.fail(id)
}

function parseInput(event: Event): CasRegisterInput {
  switch (event.operation) {
    case ':read':
      return { kind: 'read', key: '' }
    case ':write':
      return { kind: 'write', key: '', value: parseValue(event.value, event.line) }
    case ':cas': {
      const [from, to] = parsePair(event)
      return { kind: 'cas', key: '', from, to }
    }
    default: {
      const problem = `not :read, :write or :cas: ${quoted(event.operation)}`
      throw new HistoryFormatError(event.line, problem)
    }
  }
}

function parseOutput(event: Event, input: CasRegisterInput): CasRegisterOutput {
  if (input.kind === 'read') return { kind: 'value', value: parseValue(event.value, event.line) }
  const repeated = parseInput(event)
  if (JSON.stringify(repeated) !== JSON.stringify(input)) {
    throw new HistoryFormatError(event.line, `the answer repeats another value than the call had`)
  }
  return { kind: 'done' }
}

function parsePair(event: Event): [RegisterValue, RegisterValue] {
  const parts = /^\[(\S+)\s+(\S+)\]$/.exec(event.value)
  if (parts === null) {
    throw new HistoryFormatError(event.line, `not a pair such as [1 4]: ${quoted(event.value)}`)
  }
  return [parseValue(parts[1] ?? '', event.line), parseValue(parts[2] ?? '', event.line)]
}

function parseValue(text: string, line: number): RegisterValue {
  if (text === 'nil') return null
  const value = Number(text)
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new HistoryFormatError(line, `not a whole number or nil: ${quoted(text)}`)
  }
  return value
}
