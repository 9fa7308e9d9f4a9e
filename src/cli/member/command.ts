/**
 * `kontiki member` and `kontiki transfer`: their options. What they do is the library's; what is
 * printed is members-text.ts's.
 */
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { type Admin, type GuideSettings, openAdmin } from '../../library/index.ts'
import { interruption } from '../processes/interruption.ts'
import { complain } from '../program.ts'
import { duration, durationText } from '../store/duration.ts'
import { addressList, readServers, serversOption } from '../store/servers.ts'
import { paintFor } from '../table.ts'
import { memberLines } from './members-text.ts'

interface Given {
  readonly servers: string
  readonly timeout?: number
  readonly stall?: number
  readonly force?: true
  readonly learner?: true
  readonly json?: true
}

interface Named {
  readonly id: string
  readonly address: string
}

type Members = Awaited<ReturnType<Admin['members']>>
type Act = (admin: Admin, settings: GuideSettings & { force: boolean }) => Promise<Members>

/** A week; whoever waits longer leaves it out. */
const longestMs = 7 * 24 * 3_600_000

const defaultStallMs = 30_000

export function memberCommand(): Command {
  return new Command('member')
    .description(
      'Who takes part in a cluster: shown, and changed while it serves. Each command may be ' +
        'given again after anything, and goes on from where things are. See docs/membership.md.',
    )
    .addCommand(listCommand())
    .addCommand(addCommand())
    .addCommand(promoteCommand())
    .addCommand(removeCommand())
    .addCommand(replaceCommand())
}

export function transferCommand(): Command {
  return guided('transfer', 'has the leader hand over to another server, without an outage')
    .argument('[server]', 'who is to lead (default: whoever is most up to date)')
    .action((to: string | undefined, given: Given) => {
      return run('transfer', given, (admin, settings) => {
        return admin.transferLeadership(to ?? null, settings)
      })
    })
}

function listCommand(): Command {
  return command('list', 'shows the members, as the leader sees them').action((given: Given) => {
    return run('member list', given, (admin) => {
      return admin.members(given.timeout === undefined ? {} : { timeoutMs: given.timeout })
    })
  })
}

function addCommand(): Command {
  return guided('add', 'takes in a server that was started with --join, and gives it a vote')
    .addArgument(newServer())
    .option('--learner', 'it learns, and gets no vote (see promote)')
    .addOption(force())
    .action(({ id, address }: Named, given: Given) => {
      return run('member add', given, (admin, settings) => {
        return admin.addServer(id, address, { ...settings, votes: given.learner !== true })
      })
    })
}

function promoteCommand(): Command {
  return guided('promote', 'gives a learner a vote, once it has caught up')
    .argument('<server>', 'its name')
    .addOption(force())
    .action((id: string, given: Given) => {
      return run('member promote', given, (admin, settings) => admin.promoteServer(id, settings))
    })
}

function removeCommand(): Command {
  return guided('remove', 'has a server take part no longer; a leader hands over first')
    .argument('<server>', 'its name')
    .addOption(force())
    .action((id: string, given: Given) => {
      return run('member remove', given, (admin, settings) => {
        return admin.removeServer(id, { ...settings, known: true })
      })
    })
}

function replaceCommand(): Command {
  return guided('replace', 'has a new server take the place of an old one, dead or alive')
    .argument('<old>', 'the name of the server that goes')
    .addArgument(newServer())
    .addOption(force())
    .action((old: string, { id, address }: Named, given: Given) => {
      return run('member replace', given, (admin, settings) => {
        return admin.replaceServer(old, id, address, settings)
      })
    })
}

function command(name: string, description: string): Command {
  return new Command(name)
    .description(`${(description[0] ?? '').toUpperCase()}${description.slice(1)}.`)
    .addOption(serversOption().makeOptionMandatory())
    .addOption(
      new Option('--timeout <time>', 'give up after this, whatever is under way') //
        .argParser(duration(1, longestMs)),
    )
    .option('--json', 'print one JSON object')
}

function guided(name: string, description: string): Command {
  return command(name, description).addOption(
    new Option('--stall <time>', 'give up after so long without progress')
      .argParser(duration(1, longestMs))
      .default(defaultStallMs, durationText(defaultStallMs)),
  )
}

function force(): Option {
  return new Option('--force', 'also where too few of the new voters answer to decide anything')
}

function newServer(): Argument {
  return new Argument('<server>', 'its name and address: d=host:port').argParser((text) => {
    const [server] = readServersOf(text)
    if (server !== undefined && server.id !== server.address) return server
    throw new InvalidArgumentError('It must be a name and an address, such as d=host:5004.')
  })
}

function readServersOf(text: string): readonly Named[] {
  try {
    return text.includes(',') ? [] : readServers(text)
  } catch {
    return []
  }
}

async function run(name: string, given: Given, act: Act): Promise<void> {
  const servers = addressList(given.servers)
  const signal = interruption()
  const admin = openAdmin({ servers })
  const { stdout } = process
  try {
    const members = await act(admin, {
      signal,
      force: given.force === true,
      onProgress: (line) => complain(`kontiki ${name}`, line),
      ...(given.timeout === undefined ? {} : { timeoutMs: given.timeout }),
      ...(given.stall === undefined ? {} : { stallTimeoutMs: given.stall }),
    })
    if (given.json) stdout.write(`${JSON.stringify(members)}\n`)
    else stdout.write(`${memberLines(members, paintFor(stdout)).join('\n')}\n`)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    await admin.close()
  }
}
