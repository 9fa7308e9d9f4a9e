/**
 * The node for Maelstrom, as Maelstrom would run it: real processes that speak the protocol, over a
 * network that delays, loses and is cut; what the clients saw must be linearizable.
 */
import { afterEach, describe, expect, test } from 'vitest'
import { type Body, errorCodes, readMessage } from '../../src/cli/maelstrom/message.ts'
import { readRequest } from '../../src/cli/maelstrom/workload.ts'
import {
  type CasRegisterInput,
  type CasRegisterOutput,
  casRegisterModel,
  check,
  HistoryBuilder,
} from '../../src/linearizability/index.ts'
import { Maelstrom } from '../harness/maelstrom.ts'
import { waitFor } from '../harness/waiting.ts'

let maelstrom: Maelstrom | null = null
afterEach(() => maelstrom?.kill())

describe('lin-kv', () => {
  test('answers as the workload has it, whichever node is asked', async () => {
    const cluster = await started({ nodes: 3, seed: 1, delayMaxMs: 2, lossChance: 0 })
    const [n1 = '', n2 = '', n3 = ''] = cluster.nodeIds
    const ask = async (node: string, body: { type: string; [field: string]: unknown }) => {
      const answer = await cluster.ask('c1', node, body, 30_000)
      const { type, code, value } = answer ?? { type: 'nothing' }
      return {
        type,
        ...(code === undefined ? {} : { code }),
        ...(value === undefined ? {} : { value }),
      }
    }
    await waitFor('the cluster has a leader', async () => {
      return (await ask(n1, { type: 'write', key: 0, value: 0 })).type === 'write_ok'
    })
    expect(await ask(n2, { type: 'read', key: 9 })).toEqual({ type: 'error', code: 20 })
    expect(await ask(n3, { type: 'write', key: 9, value: { a: [1] } })).toEqual({
      type: 'write_ok',
    })
    expect(await ask(n2, { type: 'read', key: 9 })).toEqual({ type: 'read_ok', value: { a: [1] } })
    const cas = { type: 'cas', key: 9, from: { a: [1] }, to: 2 }
    expect(await ask(n1, cas)).toEqual({ type: 'cas_ok' })
    expect(await ask(n1, cas)).toEqual({ type: 'error', code: 22 })
    expect(await ask(n1, { ...cas, key: 'none' })).toEqual({ type: 'error', code: 20 })
    expect(await ask(n1, { type: 'echo' })).toEqual({ type: 'error', code: 10 })
    expect(await ask(n1, { type: 'cas', key: 9, from: 2 })).toEqual({ type: 'error', code: 12 })
    expect(await cluster.close()).toEqual([0, 0, 0])
  })

  test('a lossy, cut network: what clients see is linearizable', async () => {
    const cluster = await started({ nodes: 5, seed: 2, delayMaxMs: 15, lossChance: 0.05 })
    const history = new HistoryBuilder<CasRegisterInput, CasRegisterOutput>()
    const counts = { answered: 0, unknown: 0 }
    let isOver = false
    const client = async (name: string): Promise<void> => {
      for (let i = 0; !isOver; i++) {
        const input = drawInput(cluster)
        const id = history.call(`${name}/${i}`, input)
        const answer = await cluster.ask(
          name,
          cluster.random.pick(cluster.nodeIds),
          bodyOf(input),
          3000,
        )
        const output = answer === null ? null : outputOf(input, answer)
        if (output !== null) {
          history.return(id, output)
          counts.answered += 1
        } else if (answer?.code === errorCodes.temporarilyUnavailable) {
          history.fail(id)
        } else {
          history.lose(id)
          counts.unknown += 1
        }
      }
    }
    const clients = Array.from({ length: 12 }, (_, i) => client(`c${i + 1}`))
    for (const size of [1, 2, 2]) {
      const before = counts.answered
      cluster.partition(cluster.random.shuffle(cluster.nodeIds).slice(0, size))
      await waitFor('the majority goes on', () => counts.answered >= before + 40)
      cluster.partition(null)
      await waitFor('all go on', () => counts.answered >= before + 80)
    }
    cluster.heal()
    isOver = true
    await Promise.all(clients)
    expect(cluster.ends).toEqual([])
    expect(cluster.strays).toEqual([])
    expect(counts.answered).toBeGreaterThan(200)
    const { verdict } = check(casRegisterModel, history.build())
    expect(verdict).toBe('ok')
    expect(await cluster.close()).toEqual([0, 0, 0, 0, 0])
  })
})

describe('what is read', () => {
  test.each([
    ['nonsense', 'it is no JSON'],
    ['[1]', 'it is no object'],
    ['{"src":"c1","body":{"type":"read"}}', 'it lacks src or dest'],
    ['{"src":"c1","dest":"n1","body":{}}', 'its body has no type'],
  ])('%s is left out, with the reason', (line, why) => {
    expect(readMessage(line)).toBe(why)
  })

  test('null is a value like any other, and a missing one is not', () => {
    expect(readRequest({ type: 'write', key: 1, value: null }).kind).toBe('command')
    expect(readRequest({ type: 'write', key: 1 })).toMatchObject({ error: 'malformedRequest' })
  })
})

async function started(options: ConstructorParameters<typeof Maelstrom>[0]): Promise<Maelstrom> {
  maelstrom = new Maelstrom(options)
  await maelstrom.start()
  return maelstrom
}

/** Values are seldom the same, or a wrong read could pass for a right one. */
function drawInput({ random }: Maelstrom): CasRegisterInput {
  const key = String(random.integer(1, 3))
  const value = random.integer(1, 12)
  switch (random.pick(['read', 'write', 'cas'] as const)) {
    case 'read':
      return { kind: 'read', key }
    case 'write':
      return { kind: 'write', key, value }
    case 'cas':
      return { kind: 'cas', key, from: random.integer(1, 12), to: value }
  }
}

function bodyOf(input: CasRegisterInput): { type: string; [field: string]: unknown } {
  const { kind: type, ...fields } = input
  return { type, ...fields }
}

/** Null where the answer does not say what happened. */
function outputOf(
  { kind }: CasRegisterInput,
  { type, value, code }: Body,
): CasRegisterOutput | null {
  if (type === 'read_ok') return { kind: 'value', value: value as number }
  if (type === 'write_ok' || type === 'cas_ok') return { kind: 'done' }
  if (code === errorCodes.preconditionFailed) return { kind: 'refused' }
  if (code !== errorCodes.keyDoesNotExist) return null
  return kind === 'read' ? { kind: 'value', value: null } : { kind: 'refused' }
}
