/**
 * What a verification does, drawn from its seed before it begins: which client sends which commands
 * to which server, and which servers go down in what way for how long. Pure. How the machine
 * interleaves all that is not in the seed, so a seed repeats a plan, not a run.
 */
import { assert } from '../../base/assert.ts'
import { Random } from '../../base/random.ts'

/** One `raftclient` process: it sends these commands to this server, and ends. */
export interface Sitting {
  /** Counted from 0, as in the list of servers. */
  readonly server: number
  readonly commands: readonly string[]
}

/** One server is down for a while: suspended and resumed, or killed and started again. */
export interface Outage {
  readonly kind: 'suspend' | 'kill'
  /** Whoever leads at that moment, or a server of the list. */
  readonly victim: 'leader' | number
  /** From the beginning of the outage before it. */
  readonly afterMs: number
  readonly downMs: number
}

export interface Plan {
  /** For each client, its sittings one after the other. */
  readonly clients: readonly (readonly Sitting[])[]
  /** The names that occur once. */
  readonly uniqueCommands: number
  /** Outages without end: the run takes as many as it has time for. */
  readonly outages: Iterable<Outage>
}

export interface PlanSize {
  readonly seed: string
  readonly servers: number
  readonly clients: number
  readonly commands: number
}

/** Sittings of each client: enough that each meets several servers; each costs a process. */
const sittingsPerClient = 6

/** The share of commands that occur once: they show order and loss; the others hide both. */
const uniqueShare = 0.25

/**
 * How often the leader is the victim: its loss is the hardest, and a random server is rarely it.
 */
const leaderShare = 0.4

/** As many servers as may be down while the others are still a majority. */
export function minorityOf(servers: number): number {
  return Math.floor((servers - 1) / 2)
}

export function planFor(size: PlanSize): Plan {
  const random = new Random(`verify/${size.seed}`)
  const words = commandWords(random.fork('words'))
  const commandRandom = random.fork('commands')
  const sittingRandom = random.fork('sittings')
  let uniqueCommands = 0
  const nextCommand = (): string => {
    if (!commandRandom.chance(uniqueShare)) return commandRandom.pick(words)
    uniqueCommands += 1
    return `only-${uniqueCommands}`
  }
  const clients = sharesOf(size.commands, size.clients).map((share) =>
    sittings(sittingRandom, share, size.servers, nextCommand),
  )
  const outageSeed = random.uint32()
  return {
    clients,
    uniqueCommands,
    outages: { [Symbol.iterator]: () => outages(new Random(outageSeed), size.servers) },
  }
}

/** `total` in `parts` whole numbers that differ by one at most. */
function sharesOf(total: number, parts: number): number[] {
  assert(parts > 0, 'something is shared among somebody')
  return Array.from(
    { length: parts },
    (_, i) => Math.floor((total * (i + 1)) / parts) - Math.floor((total * i) / parts),
  )
}

function sittings(
  random: Random,
  commands: number,
  servers: number,
  nextCommand: () => string,
): Sitting[] {
  const usual = Math.ceil(commands / sittingsPerClient)
  const result: Sitting[] = []
  let left = commands
  while (left > 0) {
    const length = Math.min(left, random.integer(Math.ceil(usual / 2), Math.ceil(usual * 1.5)))
    result.push({
      server: random.integer(0, servers - 1),
      commands: Array.from({ length }, nextCommand),
    })
    left -= length
  }
  return result
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'

/** The longest of the drawn words: a few of them fill a datagram, so that entries are split. */
const wordLengthMax = 300

/**
 * The names that are sent again and again: some that trip up a careless reader of commands, the
 * rest drawn, mostly short. None is `exit`, which ends a client.
 */
function commandWords(random: Random): string[] {
  const awkward = ['-', '_', '0', '--', '-1', 'log', 'print', 'suspend', 'null', '007', 'x', 'X']
  const drawn = Array.from({ length: 20 }, () => {
    const length = random.chance(0.8) ? random.integer(2, 12) : random.integer(13, wordLengthMax)
    // The first letter keeps a drawn word apart from `exit` and from the unique names.
    return `w${Array.from({ length }, () => random.pick([...letters])).join('')}`
  })
  return [...awkward, ...drawn]
}

function* outages(random: Random, servers: number): Generator<Outage> {
  for (;;) {
    // Both kinds in every two, so that a short run has seen both.
    for (const kind of random.shuffle(['suspend', 'kill'] as const)) {
      yield {
        kind,
        victim: random.chance(leaderShare) ? 'leader' : random.integer(0, servers - 1),
        afterMs: random.integer(50, 600),
        // From less than an election timeout to several elections.
        downMs: random.integer(100, 1500),
      }
    }
  }
}
