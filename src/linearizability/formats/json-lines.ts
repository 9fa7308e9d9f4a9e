/**
 * Kontiki's own format of histories: one JSON object per line and event, in the order in which the
 * events happened. A first line may name the model. The fields are in docs/linearizability.md.
 */
import { type History, HistoryBuilder, type Operation } from '../history.ts'
import { Fields } from './fields.ts'
import { type Line, linesOf, ProcessRecorder, quoted } from './format-error.ts'
import type { OperationCodec } from './operation-codecs.ts'

const formatName = 'kontiki'
const formatVersion = 1

/** The model that the first line names; null where there is no such line. */
export function jsonLinesModel(text: string): string | null {
  const [first] = linesOf(text)
  if (first === undefined || !isHeader(first)) return null
  const fields = new Fields(first.text, first.number)
  const format = fields.text('history')
  if (format !== formatName) fields.fail(`a history of ${quoted(format)}, not of "${formatName}"`)
  const version = fields.integer('version', 1)
  if (version !== formatVersion) fields.fail(`version ${version} of the format is not known`)
  const model = fields.text('model')
  fields.assertAllTaken()
  return model
}

/** Throws {@link HistoryFormatError} for the first line that is not of this format. */
export function parseJsonLines<Input, Output>(
  text: string,
  codec: OperationCodec<Input, Output>,
): History<Input, Output> {
  const builder = new HistoryBuilder<Input, Output>()
  const recorder = new ProcessRecorder(builder)
  const hasHeader = jsonLinesModel(text) !== null
  for (const line of linesOf(text).slice(hasHeader ? 1 : 0)) {
    record(line, codec, builder, recorder)
  }
  recorder.assertCalls()
  return builder.build()
}

function isHeader(line: Line): boolean {
  return /^\{\s*"history"/.test(line.text)
}

function record<Input, Output>(
  line: Line,
  codec: OperationCodec<Input, Output>,
  builder: HistoryBuilder<Input, Output>,
  recorder: ProcessRecorder<Input, Output>,
): void {
  const fields = new Fields(line.text, line.number)
  const event = fields.text('event')
  const process = fields.name('process')
  const time = fields.has('time') ? `, ${fields.number('time')} ms` : ''
  const where = `line ${line.number}${time}`
  if (event === 'call') {
    const input = codec.readCall(fields)
    fields.assertAllTaken()
    recorder.call(process, input, line.number, where)
    return
  }
  if (event !== 'return' && event !== 'fail' && event !== 'unknown') {
    fields.fail(`event ${quoted(event)} is not call, return, fail or unknown`)
  }
  const { id, input } = recorder.end(process, line.number)
  if (event === 'return') {
    builder.return(id, codec.readReturn(fields, input), where)
  } else if (event === 'fail') builder.fail(id)
  else builder.lose(id)
  fields.assertAllTaken()
}

/**
 * The history as text of this format. A process that calls while an earlier call of it is open, or
 * was never answered, is written under a name of its own, `c1~2`: the format knows one open call
 * per process.
 */
export function formatJsonLines<Input, Output>(
  model: string,
  codec: OperationCodec<Input, Output>,
  history: History<Input, Output>,
): string {
  const lines = [JSON.stringify({ history: formatName, version: formatVersion, model })]
  const names = processNames(history.operations)
  const events: { position: number; fields: object }[] = []
  for (const { id, input, output, callPosition, returnPosition } of history.operations) {
    const process = names.get(id)
    const call = { event: 'call', process, ...codec.writeCall(input) }
    events.push({ position: callPosition, fields: call })
    if (output === undefined) continue
    const end = { event: 'return', process, ...codec.writeReturn(output, input) }
    events.push({ position: returnPosition, fields: end })
  }
  events.sort((a, b) => a.position - b.position)
  for (const { fields } of events) lines.push(JSON.stringify(fields))
  return `${lines.join('\n')}\n`
}

function processNames<Input, Output>(
  operations: readonly Operation<Input, Output>[],
): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  const freeFrom = new Map<string, number>()
  for (const { id, process, callPosition, returnPosition } of operations) {
    let name = process
    for (let lane = 2; (freeFrom.get(name) ?? -1) > callPosition; lane++)
      name = `${process}~${lane}`
    freeFrom.set(name, returnPosition)
    names.set(id, name)
  }
  return names
}
