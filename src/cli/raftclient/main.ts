/**
 * raftclient: each line of its input is a command for one server (C18). It waits for no answer.
 */
import { utf8Encode } from '../../base/bytes.ts'
import { commandBytesMaxFor, commandNameProblem } from '../../course/index.ts'
import { encodeCommand } from '../../wire/index.ts'
import { runProgram } from '../program.ts'
import { Terminal } from '../terminal.ts'
import { help, parseArguments, type Settings, usage } from './arguments.ts'
import { CommandSender } from './command-sender.ts'

const name = 'raftclient'

/** Thrown to stop reading. */
class Exit extends Error {}

export async function main(args: readonly string[]): Promise<void> {
  await runProgram(name, usage, async () => {
    const settings = parseArguments(args)
    if (settings === null) process.stdout.write(help)
    else await sendLines(settings)
  })
}

async function sendLines({ server, datagramBytesMax }: Settings): Promise<void> {
  const terminal = new Terminal({
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
    prompt: '> ',
    words: ['exit'],
    interrupted: () => process.kill(process.pid, 'SIGINT'),
  })
  const say = (text: string): void => terminal.say(`${name}: ${text}`)
  const sender = await CommandSender.open(server, say)
  // The client knows one server's name; the leader, which knows all, has the last word on length.
  const bytesMax = commandBytesMaxFor(datagramBytesMax, [server.id])
  let lines = 0
  try {
    await terminal.run(async (line) => {
      lines += 1
      if (line === 'exit') throw new Exit()
      const problem = commandNameProblem(line, bytesMax)
      if (problem === null) await sender.send(encodeCommand(utf8Encode(line), 0))
      else say(`line ${lines} is not sent: ${problem}`)
    })
  } catch (error) {
    if (!(error instanceof Exit)) throw error
  } finally {
    terminal.close()
  }
  await sender.close()
  // Standard input may still be open: after "exit" nobody reads it.
  process.exit(0)
}
