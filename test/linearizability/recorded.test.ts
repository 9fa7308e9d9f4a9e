/**
 * Recorded histories with known verdicts: our own small ones, and the collections in
 * ../shared/data/linearizability beside the repository, where they are present.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  casRegisterCodec,
  casRegisterModel,
  check,
  commandLogCodec,
  commandLogModel,
  diagnose,
  type History,
  jsonLinesModel,
  keyValueModel,
  type Model,
  parseJepsen,
  parseJsonLines,
  parseKvLines,
} from '../../src/linearizability/index.ts'

const ours = fileURLToPath(new URL('./histories/', import.meta.url))
const collections = fileURLToPath(new URL('../../../shared/data/linearizability/', import.meta.url))

function verdictOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
): string {
  const result = check(model, history)
  const diagnosis = diagnose(model, result)
  expect(diagnosis !== null).toBe(result.verdict === 'illegal')
  if (diagnosis !== null) {
    expect(diagnosis.isShortest).toBe(true)
    expect(diagnosis.isConflictMinimal).toBe(true)
    expect(diagnosis.conflict.length).toBeLessThan(10)
  }
  return result.verdict
}

function read(file: string): string {
  return readFileSync(file, 'utf8')
}

describe('our own', () => {
  test.each([
    ['lost-update.jepsen.log', 'illegal'],
    ['timeouts.jepsen.log', 'ok'],
  ])('%s is %s', (file, verdict) => {
    expect(verdictOf(casRegisterModel, parseJepsen(read(join(ours, file))))).toBe(verdict)
  })

  test.each([
    ['stale-get.kv.txt', 'illegal'],
    ['appends.kv.txt', 'ok'],
  ])('%s is %s', (file, verdict) => {
    expect(verdictOf(keyValueModel, parseKvLines(read(join(ours, file))))).toBe(verdict)
  })

  test('lost-append.jsonl is illegal', () => {
    const text = read(join(ours, 'lost-append.jsonl'))
    expect(jsonLinesModel(text)).toBe('command-log')
    expect(verdictOf(commandLogModel(), parseJsonLines(text, commandLogCodec))).toBe('illegal')
  })

  test('registers.jsonl is ok', () => {
    const text = read(join(ours, 'registers.jsonl'))
    expect(jsonLinesModel(text)).toBe('cas-register')
    expect(verdictOf(casRegisterModel, parseJsonLines(text, casRegisterCodec))).toBe('ok')
  })
})

const linearizableLogs = new Set(
  ['002', '005', '007', '018', '025', '031', '038', '045', '048', '049', '051'].map(
    (number) => `etcd_${number}.log`,
  ),
)

function filesOf(folder: string): readonly string[] {
  const path = join(collections, folder)
  return existsSync(path) ? readdirSync(path).sort() : []
}

for (const file of filesOf('jepsen')) {
  test(`the collection's jepsen/${file}`, () => {
    const history = parseJepsen(read(join(collections, 'jepsen', file)))
    const verdict = linearizableLogs.has(file) ? 'ok' : 'illegal'
    expect(verdictOf(casRegisterModel, history)).toBe(verdict)
  })
}

for (const file of filesOf('kv')) {
  test(`the collection's kv/${file}`, () => {
    const history = parseKvLines(read(join(collections, 'kv', file)))
    expect(verdictOf(keyValueModel, history)).toBe(file.includes('ok') ? 'ok' : 'illegal')
  })
}
