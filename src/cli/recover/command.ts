/** `kontiki recover`: a way back where the quorum is lost for good, and nobody is waited for. */
import { Command, Option } from 'commander'
import { parseAddress } from '../../course/index.ts'
import { type Configuration, emptyConfiguration } from '../../raft/index.ts'
import { inspect } from '../inspect/directory.ts'
import { serverName } from '../store/servers.ts'
import { tableLines } from '../table.ts'
import { writeDirectory } from './new-directory.ts'
import { planRecovery, RecoveryError, type RecoveryPlan, survivorOf } from './plan.ts'

interface Given {
  readonly into?: string
  readonly id?: string
  readonly address?: string
  readonly confirm?: string
}

export function recoverCommand(): Command {
  return new Command('recover')
    .description(
      'For a cluster whose majority is gone for good: shows what each data directory that is ' +
        'left holds and what would be lost, and, once that is confirmed, makes of the most ' +
        'complete one a new directory, of a new cluster with one voter. The old ones are not ' +
        'changed. Give every directory that can still be read.',
    )
    .argument('<dir...>', 'the data directories that are left; their servers must not run')
    .option('--into <dir>', 'the directory to make')
    .addOption(
      new Option(
        '--id <name>',
        'the name of the new voter (default: that of the directory used)',
      ).argParser(serverName),
    )
    .option('--address <host:port>', 'where it will be found')
    .option('--confirm <text>', 'what this command says without it')
    .action(async (directories: string[], given: Given) => {
      const survivors = []
      for (const path of directories)
        survivors.push(survivorOf(path, await inspect(path, 'refuse')))
      const plan = planRecovery(survivors)
      const id = given.id ?? plan.best.serverId
      const lines =
        given.confirm === undefined
          ? [...planLines(plan), ...howLines(plan, id)]
          : await carryOut(plan, id, given)
      process.stdout.write(`${lines.join('\n')}\n`)
    })
}

function planLines(plan: RecoveryPlan): string[] {
  const { best, survivors, missing, losesNothing } = plan
  const rows = survivors.map(({ path, serverId, log, inspection }) => {
    const { snapshot } = inspection
    const covered = snapshot.value === null ? 'none' : `to ${snapshot.value.lastIndex}`
    const last = `${log.lastIndex}@${log.lastTerm}`
    const mark = path === best.path ? 'is used: no other has more' : ''
    return [serverId, path, String(log.currentTerm), last, covered, mark]
  })
  const titles = ['server', 'directory', 'term', 'last entry', 'snapshot', '']
  const { configuration, log } = best
  const gone = missing.join(', ')
  const end = `entry ${log.lastIndex} of term ${log.lastTerm}`
  return [
    ...tableLines(
      titles.map((title) => ({ title })),
      rows,
    ),
    '',
    `the voters were ${votersIn(configuration)}; of ${gone} there is no directory here`,
    losesNothing
      ? 'nothing that was committed is lost: what is left has been part of every majority'
      : `LOST is whatever was committed after ${end}, if anything was: only ${gone} know`,
    `kept is everything up to ${end}, committed or not`,
  ]
}

/** During a change, those before it and those after it. */
function votersIn(configuration: Configuration | null): string {
  const { voters, votersOld } = configuration ?? emptyConfiguration
  if (votersOld === null) return voters.join(', ')
  return `changing from ${votersOld.join(', ')} to ${voters.join(', ')}`
}

function howLines({ confirmation, best }: RecoveryPlan, id: string): string[] {
  return [
    `the new cluster has a new id and one voter, ${id}; ${best.path} stays as it is`,
    '',
    'nothing has been done. Make sure that no server of the old cluster will ever run again, then:',
    `  --into <new directory> --address <host:port of ${id}> --confirm ${confirmation}`,
  ]
}

async function carryOut(plan: RecoveryPlan, id: string, given: Given): Promise<string[]> {
  const { into, address, confirm } = given
  if (confirm !== plan.confirmation) {
    throw new RecoveryError(`--confirm ${confirm} is not what is asked for: ${plan.confirmation}`)
  }
  if (into === undefined || address === undefined) {
    throw new RecoveryError('--into and --address have to be given with --confirm')
  }
  parseAddress(address)
  const clusterId = await writeDirectory(into, plan, { serverId: id, address })
  return [
    ...planLines(plan),
    '',
    `${into} is server ${id} of the new cluster ${clusterId}. Start it, and add the others:`,
    `  kontiki serve --id ${id} --servers ${id}=${address} --data-dir ${into}`,
    '  kontiki serve --id <name> --join ... (on an empty directory), kontiki member add ...',
  ]
}
