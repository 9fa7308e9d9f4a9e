/** Long histories of clients that use a real, sequential object: linearizable by construction. */
import { Random } from '../../src/base/random.ts'
import {
  type History,
  HistoryBuilder,
  type Model,
  type OperationId,
} from '../../src/linearizability/index.ts'

export interface Run<State, Input, Output> {
  readonly seed: number | string
  readonly clients: number
  readonly operations: number
  /** The share of operations whose clients never learn the answer; half of these take effect. */
  readonly lost: number
  readonly model: Model<State, Input, Output>
  readonly ask: (random: Random, count: number) => Input
  /** The answer in this state. */
  readonly answer: (state: State, input: Input) => Output
  /** May change an answer on its way to the client. */
  readonly distort?: (random: Random, output: Output) => Output
}

interface Client<Input, Output> {
  phase: 'idle' | 'called' | 'effective'
  name: string
  id: OperationId
  input: Input | null
  output: Output | null
}

export function simulate<State, Input, Output>(
  run: Run<State, Input, Output>,
): History<Input, Output> {
  const random = new Random(run.seed)
  const builder = new HistoryBuilder<Input, Output>()
  const clients = Array.from({ length: run.clients }, (_, i): Client<Input, Output> => {
    return { phase: 'idle', name: `c${i}`, id: -1, input: null, output: null }
  })
  const states = new Map<string, State>()
  for (let called = 0; called < run.operations; ) {
    const client = random.pick(clients)
    if (client.phase === 'idle') {
      client.input = run.ask(random, called++)
      client.id = builder.call(client.name, client.input)
      client.phase = 'called'
    } else if (client.phase === 'called') {
      takeEffect(run, random, client, states)
      if (client.output === null) abandon(client)
    } else {
      const output = client.output as Output
      builder.return(client.id, run.distort?.(random, output) ?? output)
      client.phase = 'idle'
    }
  }
  return builder.build()
}

function takeEffect<State, Input, Output>(
  run: Run<State, Input, Output>,
  random: Random,
  client: Client<Input, Output>,
  states: Map<string, State>,
): void {
  const isLost = random.chance(run.lost)
  client.output = null
  client.phase = 'effective'
  if (isLost && random.chance(0.5)) return
  const input = client.input as Input
  const key = run.model.partition(input)
  const state = states.get(key) ?? run.model.init()
  const output = run.answer(state, input)
  const next = run.model.step(state, input, output)
  if (next === undefined) throw new Error('the object answers as its model does')
  states.set(key, next)
  if (!isLost) client.output = output
}

/** The client never learns the answer, and goes on under another name. */
function abandon<Input, Output>(client: Client<Input, Output>): void {
  client.name += '+'
  client.phase = 'idle'
}
