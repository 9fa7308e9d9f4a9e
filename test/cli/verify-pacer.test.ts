/** How a verification paces its clients by what is committed. */
import { describe, expect, test } from 'vitest'
import { Pacer } from '../../src/cli/verify/pacer.ts'

describe('the pacer', () => {
  test('keeps at most a window of commands on their way', async () => {
    let committed = 0
    let mostOutstanding = 0
    const pacer: Pacer = new Pacer({
      perSecond: 1_000_000,
      committed: () => {
        mostOutstanding = Math.max(mostOutstanding, pacer.sent - committed)
        committed = Math.min(pacer.sent, committed + 70)
        return committed
      },
      signal: new AbortController().signal,
    })
    for (let i = 0; i < 500; i++) await pacer.permit()
    expect(pacer.sent).toBe(500)
    expect(mostOutstanding).toBe(100)
  })

  test('goes on after a while when nothing is committed at all', async () => {
    const signal = new AbortController().signal
    const pacer = new Pacer({ perSecond: 1_000_000, committed: () => 0, signal })
    for (let i = 0; i < 150; i++) await pacer.permit()
    expect(pacer.sent).toBe(150)
  })

  test('stops at an interruption', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const pacer = new Pacer({ perSecond: 0.001, committed: () => 0, signal })
    await pacer.permit()
    const waiting = pacer.permit()
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })
})
