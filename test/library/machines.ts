/** State machines as users write them. */
import type { StateMachine } from '../../src/library/index.ts'

export type CounterCommand =
  | { readonly add: number }
  | { readonly explode: true }
  | { readonly nothing: true }

/** Twenty lines: a number, and how often it was changed. */
export class Counter
  implements StateMachine<CounterCommand, { readonly what: 'value' }, number, number>
{
  value = 0
  applied = 0

  apply(command: CounterCommand): number {
    if ('explode' in command) throw new Error('this machine explodes')
    if ('add' in command) this.value += command.add
    this.applied += 1
    return this.value
  }

  query(): number {
    return this.value
  }

  snapshot(): Iterable<Uint8Array> {
    return [new TextEncoder().encode(JSON.stringify([this.value, this.applied]))]
  }

  restore(chunks: Iterable<Uint8Array>): void {
    const text = Buffer.concat([...chunks]).toString()
    ;[this.value, this.applied] = JSON.parse(text) as [number, number]
  }
}

export const value = { what: 'value' } as const
