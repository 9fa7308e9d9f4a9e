/** `kontiki demo`, which is `npm start`: its options, and how it ends. */
import { Command } from 'commander'
import { Interrupted, interruption } from '../processes/interruption.ts'
import { Demo } from './demo.ts'
import { folderName, openFolder } from './folder.ts'

export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'Three servers and one prompt on them: send commands, suspend, kill and restart servers, ' +
        'and see elections as they happen. Without a terminal it reads the same words from ' +
        `standard input. Data is kept in ./${folderName}/ and found again by the next demo.`,
    )
    .option('--fresh', 'remove what earlier demos have left, and begin anew')
    .action(({ fresh = false }: { fresh?: boolean }) => runDemo(fresh))
}

async function runDemo(fresh: boolean): Promise<void> {
  const signal = interruption()
  const demo = new Demo(await openFolder(process.cwd(), fresh), signal)
  try {
    await demo.run()
  } catch (error) {
    // At a prompt, Ctrl-C is one of the ways to leave.
    const isLeaving = error instanceof Interrupted && error.signal === 'SIGINT' && demo.isOnTerminal
    if (!isLeaving) throw error
  }
}
