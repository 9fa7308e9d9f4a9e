/**
 * Where to bind, where to send and who is speaking, for machines and name servers as they are met:
 * a made-up directory says what names stand for and which addresses are this machine's.
 */
import { describe, expect, test } from 'vitest'
import type { AddressBook } from '../../src/transport/address-book.ts'
import { refusal, resolved } from './made-up-network.ts'

const bothFamilies = { localhost: ['::1', '127.0.0.1'] }

describe('the family', () => {
  test('is IPv4 wherever everyone has it, as other implementations prefer', async () => {
    const it = await resolved(
      [
        ['localhost', 1],
        ['127.0.0.1', 2],
      ],
      { names: bothFamilies },
    )
    expect([it.family, it.bindAddress]).toEqual([4, '127.0.0.1'])
    expect(it.peer('127.0.0.1:2')?.address).toBe('127.0.0.1')
  })

  test('is IPv6 where everyone has that alone', async () => {
    const it = await resolved(
      [
        ['::1', 1],
        ['fd00::2', 2],
      ],
      { machine: ['fd00::2'] },
    )
    expect([it.family, it.bindAddress]).toEqual([6, '::1'])
    expect(it.peer('[fd00::2]:2')?.address).toBe('fd00::2')
  })

  test('is both, through one socket, where they differ', async () => {
    const it = await resolved(
      [
        ['127.0.0.1', 1],
        ['::1', 2],
        ['localhost', 3],
      ],
      {
        names: bothFamilies,
      },
    )
    expect([it.family, it.bindAddress]).toEqual(['both', '::'])
    expect(it.peer('[::1]:2')?.address).toBe('::1')
    expect(it.peer('localhost:3')?.address).toBe('::ffff:127.0.0.1')
  })

  test('is refused where a datagram would not show whose it is', async () => {
    const said = await refusal([
      ['192.0.2.1', 1],
      ['2001:db8::2', 2],
    ])
    expect(said).toMatch(/^NO_COMMON_FAMILY: 192\.0\.2\.1:1 and \[2001:db8::2\]:2 have no family/)
  })

  test('follows the address that the operator binds', async () => {
    const hosts: [string, number][] = [
      ['localhost', 1],
      ['::1', 2],
    ]
    const world = { names: bothFamilies }
    expect((await resolved(hosts, world, '::1')).family).toBe(6)
    expect((await resolved(hosts, world, '::')).family).toBe('both')
    await expect(resolved(hosts, world, '0.0.0.0')).rejects.toMatchObject({
      code: 'NO_COMMON_FAMILY',
    })
  })
})

describe('where to bind', () => {
  const server1: [string, number] = ['server1', 1]
  const elsewhere: [string, number] = ['192.0.2.7', 2]

  test('the identity’s own address, so that peers know us by it', async () => {
    const names = { server1: ['192.0.2.5'] }
    expect((await resolved([server1, elsewhere], { names })).bindAddress).toBe('192.0.2.5')
  })

  test('of several, the one that this machine has', async () => {
    const world = { names: { server1: ['192.0.2.4', '192.0.2.5'] }, machine: ['192.0.2.5'] }
    expect((await resolved([server1, elsewhere], world)).bindAddress).toBe('192.0.2.5')
  })

  test('all, where the hosts file hides our name, with a peer elsewhere', async () => {
    const names = { server1: ['127.0.1.1'] }
    expect((await resolved([server1, elsewhere], { names })).bindAddress).toBe('0.0.0.0')
    const peerHere = { names, machine: ['192.0.2.7'] }
    expect((await resolved([server1, elsewhere], peerHere)).bindAddress).toBe('127.0.1.1')
    const both = { names: { server1: ['127.0.1.1', '192.0.2.5'] }, machine: ['192.0.2.5'] }
    expect((await resolved([server1, elsewhere], both)).bindAddress).toBe('192.0.2.5')
  })

  test('never more than loopback for who asked for loopback', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const it = await resolved([[host, 1], elsewhere], { names: bothFamilies })
      expect(it.bindAddress).toBe('127.0.0.1')
    }
  })
})

describe('who is speaking', () => {
  test('any address of a name, however it is spelled', async () => {
    const it = await resolved(
      [
        ['127.0.0.1', 1],
        ['localhost', 2],
        ['0:0:0:0:0:0:0:1', 3],
      ],
      {
        names: bothFamilies,
      },
    )
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      expect(it.serverAt(address, 2)?.id, address).toBe('localhost:2')
    }
    expect(it.serverAt('::1', 3)?.id).toBe('[0:0:0:0:0:0:0:1]:3')
  })

  test('whatever the zone of a link-local address', async () => {
    const it = await resolved([
      ['fe80::1%eth0', 1],
      ['FE80::2%eth0', 2],
    ])
    expect(it.serverAt('fe80::2%eth1', 2)?.id).toBe('[FE80::2%eth0]:2')
    expect(it.bindAddress).toBe('fe80::1%eth0')
    expect(it.peer('[FE80::2%eth0]:2')?.address).toBe('fe80::2%eth1')
  })

  test('the address that a peer last spoke from is the one it is spoken to', async () => {
    const it = await resolved(
      [
        ['192.0.2.1', 1],
        ['server2', 2],
      ],
      {
        names: { server2: ['192.0.2.2', '192.0.2.3'] },
      },
    )
    expect(it.peer('server2:2')?.address).toBe('192.0.2.2')
    it.serverAt('192.0.2.3', 2)
    expect(it.peer('server2:2')?.address).toBe('192.0.2.3')
  })

  test('on loopback the port is enough, where it belongs to one server', async () => {
    const it = await resolved([
      ['127.0.0.1', 1],
      ['127.0.0.2', 2],
      ['127.0.0.3', 3],
      ['127.0.0.4', 3],
    ])
    expect(it.serverAt('127.0.0.1', 2)?.id).toBe('127.0.0.2:2')
    expect(it.peer('127.0.0.2:2')?.address).toBe('127.0.0.2')
    expect(it.serverAt('127.0.0.1', 3)).toBeNull()
    expect(it.serverAt('127.0.0.4', 3)?.id).toBe('127.0.0.4:3')
  })

  test('nobody: another port, another machine', async () => {
    const it = await resolved([
      ['127.0.0.1', 1],
      ['127.0.0.2', 1],
      ['192.0.2.2', 2],
      ['127.0.0.3', 3],
    ])
    expect(it.serverAt('127.0.0.2', 9)).toBeNull()
    expect(it.serverAt('192.0.2.3', 2)).toBeNull()
    expect(it.serverAt('192.0.2.3', 3)).toBeNull()
    expect(it.serverAt('127.0.0.1', 2)).toBeNull()
  })

  test('ourselves: what claims to come from our own address is nobody’s', async () => {
    const it = await resolved([
      ['127.0.0.1', 1],
      ['127.0.0.2', 1],
    ])
    expect(it.serverAt('127.0.0.1', 1)?.id).toBe('127.0.0.1:1')
    expect(it.serverAt('127.0.0.9', 1)).toBeNull()
  })
})

describe('what is refused at the start, in one line', () => {
  test('a name that does not resolve', async () => {
    expect(
      await refusal([
        ['127.0.0.1', 1],
        ['server2', 2],
      ]),
    ).toBe('NAME_NOT_RESOLVED: server2:2: server2 does not resolve (ENOTFOUND)')
    expect(await refusal([['server1', 1]], { names: { server1: [] } })).toBe(
      'NAME_NOT_RESOLVED: server1:1: server1 does not resolve (no address)',
    )
  })

  test('one address under two names', async () => {
    expect(
      await refusal(
        [
          ['127.0.0.1', 1],
          ['localhost', 1],
        ],
        { names: bothFamilies },
      ),
    ).toBe('SAME_ADDRESS: 127.0.0.1:1 and localhost:1 are the same address')
    expect(
      await refusal([
        ['127.0.0.1', 1],
        ['::ffff:127.0.0.1', 1],
      ]),
    ).toMatch(/^SAME_ADDRESS/)
  })

  test('an address that means any', async () => {
    expect(await refusal([['0.0.0.0', 1]])).toMatch(/^ADDRESS_NOT_USABLE: 0\.0\.0\.0:1: /)
    expect(await refusal([['0:0::0', 1]])).toMatch(/^ADDRESS_NOT_USABLE/)
  })
})

describe('resolving again', () => {
  const hosts: [string, number][] = [
    ['192.0.2.1', 1],
    ['server2', 2],
    ['server3', 2],
  ]
  const before = { server2: ['192.0.2.2'], server3: ['192.0.2.3'] }

  async function moved(now: Record<string, readonly string[]>): Promise<[AddressBook, number]> {
    const names: Record<string, readonly string[]> = { ...before }
    const it = await resolved(hosts, { names })
    for (const name of Object.keys(names)) delete names[name]
    Object.assign(names, now)
    return [it, await it.resolveAgain()]
  }

  test('a peer that has moved is known by its new address', async () => {
    const [it, failures] = await moved({ ...before, server2: ['192.0.2.9'] })
    expect(failures).toBe(0)
    expect(it.serverAt('192.0.2.9', 2)?.id).toBe('server2:2')
    expect(it.peer('server2:2')?.address).toBe('192.0.2.9')
    expect(it.serverAt('192.0.2.2', 2)).toBeNull()
  })

  test('one that cannot be found is left where it was', async () => {
    const [it, failures] = await moved({ server3: ['192.0.2.3'] })
    expect(failures).toBe(1)
    expect(it.serverAt('192.0.2.2', 2)?.id).toBe('server2:2')
  })

  test.each([
    ['has another’s address', ['192.0.2.3']],
    ['has no address of our family', ['2001:db8::2']],
  ])('so is one that %s', async (_, addresses) => {
    const [it, failures] = await moved({ ...before, server2: addresses })
    expect(failures).toBe(1)
    expect(it.peer('server2:2')?.address).toBe('192.0.2.2')
    expect(it.serverAt('192.0.2.3', 2)?.id).toBe('server3:2')
  })

  test('only names can move', async () => {
    const it = await resolved([...hosts, ['192.0.2.4', 4]], { names: before })
    expect([1, 2, 3, 4].map((port) => it.mayHaveMoved(port))).toEqual([false, true, false, false])
  })
})
