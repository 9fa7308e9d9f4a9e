/**
 * Figure 6.1 over UDP, by hand: what a client sends to real servers and what it gets back, byte by
 * byte, from a socket of its own.
 */
import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { hosts, withCluster } from '../harness/cluster.ts'
import { waitFor } from '../harness/waiting.ts'

/** After which a request is sent again: UDP may have lost it, or the answer. */
const sendAgainMs = 500

/** Sends bytes, given in hex, until there is an answer of this request, and gives it in hex. */
async function exchange(port: number, request: string): Promise<string> {
  const socket = createSocket('udp4')
  let answer: string | null = null
  socket.on('message', (bytes) => {
    answer = bytes.toString('hex').replaceAll(/(..)(?=.)/g, '$1 ')
  })
  let sentAt = Number.NEGATIVE_INFINITY
  try {
    return await waitFor(`an answer to ${request}`, () => {
      if (answer === null && performance.now() - sentAt > sendAgainMs) {
        socket.send(Buffer.from(request.replaceAll(' ', ''), 'hex'), port, '127.0.0.1')
        sentAt = performance.now()
      }
      return answer
    })
  } finally {
    socket.close()
  }
}

function textHex(text: string): string {
  return [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0')
}

test('an exchange of Figure 6.1 over UDP, in bytes', async () => {
  await withCluster({ hosts: hosts(3) }, async (cluster) => {
    await cluster.start()
    const leader = await cluster.leader()
    const port = cluster.ports[leader] ?? 0
    await cluster.commit('before')

    // RegisterClientRequest (32) { RequestId 1 }
    // RegisterClientResponse (33) { RequestId 1, Status OK, ClientId: one byte, since it is small }
    const registered = await waitFor('sessions are served', async () => {
      const answer = await exchange(port, '82 02 02 08 01')
      return answer.startsWith('8a 02 06') ? answer : null
    })
    expect(registered).toMatch(/^8a 02 06 08 01 10 01 28 [0-7][0-9a-f]$/)
    const clientId = registered.slice(-2)

    // ClientRequest (34) { RequestId 2, ClientId, SequenceNum 1, LowestUnanswered 1, Command "x" }
    const request = `92 02 0b 08 02 10 ${clientId} 18 01 20 01 2a 01 78`
    // ClientResponse (35) { RequestId 2, Status OK, Response: its index as text, Index }
    const first = await exchange(port, request)
    expect(first).toMatch(/^9a 02 0[9a] 08 02 10 01 2a 0[12] ([0-9a-f]{2} ){1,2}30 [0-7][0-9a-f]$/)
    const index = Number.parseInt(first.slice(-2), 16)
    const response = textHex(String(index))
    const responseLength = String(index).length
    const length = byte(responseLength)
    expect(first).toBe(
      `9a 02 ${byte(8 + responseLength)} 08 02 10 01 2a ${length} ${response} 30 ${byte(index)}`,
    )
    // Once more, under the same number: the same answer, and no second effect.
    expect(await exchange(port, request)).toBe(first)

    // ClientQueryRequest (36) { RequestId 3, Query: that index }
    const question = `a2 02 ${byte(4 + responseLength)} 08 03 1a ${length} ${response}`
    // ClientQueryResponse (37) { RequestId 3, Status OK, Response "term,index,x", Index }
    const told = await exchange(port, question)
    expect(told).toMatch(/^aa 02 [0-9a-f]{2} 08 03 10 01 2a /)
    expect(told).toContain(textHex(`,${index},x`))

    // ClientRequest of a session that there never was: number 99999 (9f 8d 06).
    // ClientResponse { RequestId 4, Status SESSION_EXPIRED, Message, Index }
    const expired = await exchange(port, '92 02 0d 08 04 10 9f 8d 06 18 01 20 01 2a 01 79')
    const why = textHex('there is no such session')
    expect(expired).toMatch(new RegExp(`^9a 02 20 08 04 10 03 1a 18 ${why} 30 [0-7][0-9a-f]$`))

    // The same RegisterClientRequest at a follower: Status NOT_LEADER, LeaderHint { Id, Address }.
    const follower = cluster.ids.findIndex((_, i) => i !== leader)
    const id = cluster.id(leader)
    const hint = `0a ${byte(id.length)} ${textHex(id)} 12 ${byte(id.length)} ${textHex(id)}`
    const hintLength = 4 + 2 * id.length
    expect(await exchange(cluster.ports[follower] ?? 0, '82 02 02 08 05')).toBe(
      `8a 02 ${byte(6 + hintLength)} 08 05 10 02 22 ${byte(hintLength)} ${hint}`,
    )

    const commands = await cluster.agreement((all) => all.includes('x'))
    expect(commands.filter((command) => command === 'x')).toEqual(['x'])
    expect(commands).not.toContain('y')
  })
})

test('the example of the same exchange runs as it is printed', async () => {
  const example = fileURLToPath(new URL('../../examples/figure-6-1.mjs', import.meta.url))
  await withCluster({ hosts: hosts(3) }, async (cluster) => {
    await cluster.start()
    await cluster.leader()
    const { stdout } = await promisify(execFile)(process.execPath, [example, ...cluster.ids])
    const statuses = [...stdout.matchAll(/^ {2}([A-Z_]+)(?: "([^"]*)")?/gm)].map(
      ([, status, response]) => [status, response ?? ''],
    )
    const opened = statuses.findIndex(([status]) => status === 'OK')
    const [, first, again, query, ...refused] = statuses.slice(opened)
    expect(first).toEqual(['OK', expect.stringMatching(/^\d+$/)])
    expect(again).toEqual(first)
    expect(query).toEqual(['OK', expect.stringMatching(/^\d+,\d+,hello$/)])
    expect(refused).toEqual([
      ['NOT_LEADER', ''],
      ['SESSION_EXPIRED', ''],
    ])
    const commands = await cluster.agreement((all) => all.includes('hello'))
    expect(commands).toEqual(['hello'])
  })
})
