/** Messages to bytes and back. */
import { decodeDatagram, encodeMessage } from '../dist/wire/index.js'

export const about = 'an AppendEntries of 64 entries, encoded and decoded, in one thread'

export async function run({ payloadBytes, warmUpMs, measureMs }) {
  const command = new Uint8Array(payloadBytes).fill(120)
  const entries = Array.from({ length: 64 }, (_, i) => ({
    index: i + 2,
    term: 3,
    kind: 'session',
    command,
  }))
  const message = {
    kind: 'appendEntriesRequest',
    from: 'a',
    to: 'b',
    term: 3,
    prevLogIndex: 1,
    prevLogTerm: 3,
    entries,
    leaderCommit: 1,
    requestId: 7,
  }
  const bytes = encodeMessage(message)
  if (decodeDatagram(bytes, 'a', 'b').kind !== 'message') throw new Error('it cannot be read back')
  const per = (action) => perSecond(action, warmUpMs, measureMs) * entries.length
  const row = { payloadBytes, unit: 'entries/s' }
  return [
    { what: 'wire: encode', ...row, value: per(() => encodeMessage(message)) },
    { what: 'wire: decode', ...row, value: per(() => decodeDatagram(bytes, 'a', 'b')) },
  ]
}

function perSecond(action, warmUpMs, measureMs) {
  for (const until = performance.now() + warmUpMs; performance.now() < until; ) action()
  const began = performance.now()
  let count = 0
  while (performance.now() < began + measureMs) {
    for (let i = 0; i < 10; i++) action()
    count += 10
  }
  return count / ((performance.now() - began) / 1000)
}
