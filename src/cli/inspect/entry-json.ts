/**
 * Entries of a log for JSON: what each kind carries, decoded as far as this program knows it. The
 * command of a state machine is the key-value machine's where it can be read as such, and otherwise
 * bytes.
 */
import { utf8Decode } from '../../base/bytes.ts'
import { type Configuration, decodeConfiguration, type Entry } from '../../raft/index.ts'
import { decodeKvCommand, decodeSessionCommand } from '../../state-machine/index.ts'

export function entryJson(entry: Entry): object {
  const { index, term, kind, command } = entry
  return { index, term, kind, ...payloadJson(entry), bytes: command.length }
}

function payloadJson({ kind, command }: Entry): object {
  switch (kind) {
    case 'noop':
      return {}
    case 'command':
      return { command: commandJson(command) }
    case 'session':
      return { session: sessionJson(command) }
    case 'configuration': {
      const configuration = decodeConfiguration(command)
      const json = configuration === null ? bytesJson(command) : configurationJson(configuration)
      return { configuration: json }
    }
  }
}

export function configurationJson(configuration: Configuration): object {
  const { voters, votersOld, learners, addresses } = configuration
  return { voters, votersOld, learners, addresses: Object.fromEntries(addresses) }
}

function sessionJson(bytes: Uint8Array): object {
  const session = decodeSessionCommand(bytes)
  if (session === null) return bytesJson(bytes)
  return session.kind === 'request'
    ? { ...session, command: commandJson(session.command) }
    : { ...session }
}

function commandJson(bytes: Uint8Array): object {
  const command = decodeKvCommand(bytes)
  if (command === null) return bytesJson(bytes)
  const values = Object.entries(command).map(([name, value]) => {
    return [name, value instanceof Uint8Array ? bytesJson(value) : value] as const
  })
  return Object.fromEntries(values)
}

/** Text where it is some. */
function bytesJson(bytes: Uint8Array): object {
  const text = utf8Decode(bytes)
  return text === null ? { base64: Buffer.from(bytes).toString('base64') } : { text }
}
