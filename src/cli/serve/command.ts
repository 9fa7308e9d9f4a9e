/**
 * `kontiki serve`: its options. Each can also come from the environment, as programs in containers
 * like to have it. What a server does with them is serve.ts's.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { wholeNumber } from '../number-option.ts'
import { duration, durationText } from '../store/duration.ts'
import { serversOption } from '../store/servers.ts'
import { type ServeSettings, serve } from './serve.ts'
import { type LogFormat, logFormats } from './server-log.ts'
import { makeSwitch, readSwitches, refuseBoth } from './switches.ts'

interface Given extends Omit<ServeSettings, 'electionTimeoutMs' | 'heartbeatMs' | 'diskSilenceMs'> {
  readonly electionTimeout: number
  readonly diskSilence?: number
  readonly heartbeat?: number
  readonly log: LogFormat
}

/** As openServer has it: above a round of a network, and beside other work on the machine. */
const defaultElectionTimeoutMs = 200

/** Several heartbeats fit into an election timeout, so that a lost one costs nothing. */
const heartbeatsPerTimeout = 5

const mebi = 1024 * 1024

export function serveCommand(): Command {
  const command = new Command('serve').description(
    'Runs one server of a replicated key-value store, until SIGTERM or SIGINT. What it has ' +
      'acknowledged is on its disk. See docs/store.md.',
  )
  const { bootstrap, join, refill } = startSwitches()
  const switches = [bootstrap, join, refill]
  const starting = switches.map(({ option }) => option)
  for (const option of [...placeOptions(), ...starting, ...tuningOptions()])
    command.addOption(option)
  return command.action(() => {
    readSwitches(command, switches)
    refuseBoth(command, bootstrap, join)
    const options = command.opts<Given>()
    const settings = settingsFrom(options)
    if (settings.heartbeatMs >= settings.electionTimeoutMs) {
      command.error('error: --heartbeat must be below --election-timeout')
    }
    return serve(settings, options.log)
  })
}

/** Who it is, and where. */
function placeOptions(): Option[] {
  return [
    option(
      '--id <name>',
      "this server's name, one of --servers",
      'KONTIKI_ID',
    ).makeOptionMandatory(),
    serversOption().makeOptionMandatory(),
    option(
      '--data-dir <dir>',
      'where it keeps its log; its own alone',
      'KONTIKI_DATA_DIR',
    ).makeOptionMandatory(),
    option(
      '--listen <host:port>',
      'listen there, where others know it by another address (default: its own)',
      'KONTIKI_LISTEN',
    ),
    option(
      '--cluster-id <name>',
      'turn servers away that have another one; the same on all',
      'KONTIKI_CLUSTER_ID',
    ),
  ]
}

/** What a server does that has no data yet. */
function startSwitches() {
  return {
    bootstrap: makeSwitch(
      '--bootstrap',
      'with an empty --data-dir: found a new cluster, with all of --servers',
      'KONTIKI_BOOTSTRAP',
    ),
    join: makeSwitch(
      '--join',
      'with an empty --data-dir: wait for a cluster to take it in (kontiki member add); ' +
        'it alone need be named',
      'KONTIKI_JOIN',
    ),
    refill: makeSwitch(
      '--refill',
      'with a damaged log: give it up, and have the others fill it again; for this one start',
      'KONTIKI_REFILL',
    ),
  }
}

/** How it behaves. */
function tuningOptions(): Option[] {
  return [
    option(
      '--election-timeout <time>',
      'T; elections begin after T to 2T without a leader; the same on all',
      'KONTIKI_ELECTION_TIMEOUT',
    )
      .argParser(duration(50, 60_000))
      .default(defaultElectionTimeoutMs, durationText(defaultElectionTimeoutMs)),
    option(
      '--heartbeat <time>',
      'how often a leader speaks (default: a fifth of T)',
      'KONTIKI_HEARTBEAT',
    ).argParser(duration(5, 30_000)),
    option(
      '--lease-clock-drift <fraction>',
      'serve lease reads, while clocks differ by no more than this fraction; the same on all',
      'KONTIKI_LEASE_CLOCK_DRIFT',
    ).argParser(fraction),
    option(
      '--disk-silence <time>',
      'a leader steps down when its disk has saved nothing for so long (default: 2T)',
      'KONTIKI_DISK_SILENCE',
    ).argParser(duration(50, 600_000)),
    option(
      '--segment-bytes <number>',
      'the size of a file of the log',
      'KONTIKI_SEGMENT_BYTES',
    ).argParser(wholeNumber(16 * 1024, 1024 * mebi)),
    option(
      '--reserve-bytes <number>',
      'a file that keeps room for when the disk is full (default: twice --segment-bytes)',
      'KONTIKI_RESERVE_BYTES',
    ).argParser(wholeNumber(0, 1024 * mebi)),
    option(
      '--snapshot-log-bytes <number>',
      'snapshot the state when the log has so many bytes, whatever it is worth (default: 256 Mi)',
      'KONTIKI_SNAPSHOT_LOG_BYTES',
    ).argParser(wholeNumber(4 * 1024, 1024 * mebi)),
    option('--log <format>', 'how it speaks on standard error', 'KONTIKI_LOG')
      .choices(logFormats)
      .default('text'),
  ]
}

function option(flags: string, what: string, variable: string): Option {
  return new Option(flags, what).env(variable)
}

function settingsFrom(given: Given): ServeSettings {
  const { electionTimeout, heartbeat, diskSilence, ...same } = given
  const heartbeatMs = heartbeat ?? electionTimeout / heartbeatsPerTimeout
  const times = { electionTimeoutMs: electionTimeout, heartbeatMs }
  return { ...same, ...times, ...(diskSilence === undefined ? {} : { diskSilenceMs: diskSilence }) }
}

function fraction(text: string): number {
  const value = Number(text)
  if (/^[\d.]+$/.test(text) && value >= 0 && value < 1) return value
  throw new InvalidArgumentError('It must be a number from 0 to below 1, such as 0.01.')
}
