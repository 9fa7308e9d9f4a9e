/**
 * One operation of `kontiki kv` from its client to its exit status: 0 where it was done, 1 where it
 * failed, 3 where the key is not there or not as expected. A failure says whether anything may have
 * been changed.
 */
import {
  bytesCodecs,
  describeClientEvent,
  KeyValueError,
  KeyValueStore,
  KontikiError,
  openClient,
} from '../../library/index.ts'
import { Interrupted, interruption } from '../processes/interruption.ts'
import { reasonFor } from '../program.ts'
import { addressList } from '../store/servers.ts'
import type { Encoding } from './encoding.ts'
import type { OperationContext, Reply } from './operations.ts'

export interface KvSettings {
  readonly servers: string
  readonly timeout: number
  readonly encoding: Encoding
  readonly json?: true
  readonly verbose?: true
}

/** An operation, for messages. */
export interface Naming {
  readonly name: string
  readonly key: string
  readonly isChange: boolean
}

const notAsExpectedStatus = 3

export async function runOperation(
  settings: KvSettings,
  naming: Naming,
  operation: (context: OperationContext) => Promise<Reply>,
): Promise<void> {
  const servers = addressList(settings.servers)
  const signal = interruption()
  const client = openClient({
    servers,
    codecs: bytesCodecs,
    ...(settings.verbose ? { trace: (event) => say(describeClientEvent(event)) } : {}),
  })
  const deadline = performance.now() + settings.timeout
  const context: OperationContext = {
    store: new KeyValueStore(client),
    encoding: settings.encoding,
    settings: () => ({ timeoutMs: Math.max(1, deadline - performance.now()), signal }),
  }
  try {
    answer(settings, await operation(context))
  } catch (error) {
    process.exitCode = failed(settings, naming, error)
  } finally {
    await client.close()
  }
}

function answer({ json }: KvSettings, reply: Reply): void {
  process.stdout.write(json ? `${JSON.stringify(reply.json)}\n` : reply.output)
  if (reply.complaint === null) return
  say(reply.complaint)
  process.exitCode = notAsExpectedStatus
}

/** The exit status. What is neither the cluster's nor the machine's failure is the caller's. */
function failed({ json }: KvSettings, naming: Naming, error: unknown): number {
  if (!(error instanceof KontikiError || error instanceof KeyValueError)) throw error
  const { code, outcome } = error
  const message = reasonFor(error)
  say(`${naming.name} ${naming.key} failed${effect(naming, outcome)}: ${message}`)
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, outcome, message } })}\n`)
  return error.cause instanceof Interrupted ? error.cause.status : 1
}

function effect({ isChange }: Naming, outcome: KontikiError['outcome']): string {
  if (!isChange) return ''
  return outcome === 'notApplied'
    ? ', and nothing was changed'
    : ', and it is unknown whether it was done or will be'
}

function say(line: string): void {
  process.stderr.write(`kontiki kv: ${line}\n`)
}
