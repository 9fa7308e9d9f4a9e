/** `kontiki snapshot`: has servers take a snapshot now, and says what it covers. */
import { Command, Option } from 'commander'
import { openAdmin } from '../../library/index.ts'
import { interruption } from '../processes/interruption.ts'
import { duration, durationText } from '../store/duration.ts'
import { findStoreServer, readServers, serversOption } from '../store/servers.ts'

interface Given {
  readonly servers: string
  readonly timeout: number
  readonly json?: true
}

const defaultTimeoutMs = 60_000

export function snapshotCommand(): Command {
  return new Command('snapshot')
    .description(
      'Has servers take a snapshot of all that they have applied, after which their logs are ' +
        'trimmed; they do so by themselves as their logs grow. One server after the other.',
    )
    .argument('[servers...]', 'their names (default: all of --servers)')
    .addOption(serversOption().makeOptionMandatory())
    .addOption(
      new Option('--timeout <time>', 'how long a server may take')
        .argParser(duration(1, 24 * 3_600_000))
        .default(defaultTimeoutMs, durationText(defaultTimeoutMs)),
    )
    .option('--json', 'print one JSON object a server')
    .action((names: readonly string[], given: Given) => snapshot(names, given))
}

async function snapshot(names: readonly string[], given: Given): Promise<void> {
  const all = readServers(given.servers)
  const chosen = names.length === 0 ? all : names.map((name) => findStoreServer(all, name))
  const signal = interruption()
  const admin = openAdmin({ servers: all.map(({ address }) => address) })
  const { stdout } = process
  try {
    for (const { address } of chosen) {
      const taken = await admin.takeSnapshot(address, { timeoutMs: given.timeout, signal })
      const { id, snapshotIndex, snapshotBytes } = taken
      const line = `${id}: entries to ${snapshotIndex}, ${snapshotBytes} bytes`
      stdout.write(`${given.json ? JSON.stringify(taken) : line}\n`)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    await admin.close()
  }
}
