/**
 * Does what a scenario's commands ask for. Those that say how the cluster begins are gathered until
 * the first other one comes; from then on the cluster is what it is.
 */
import { alpoSetupOf } from './alpo/setup.ts'
import { AlpoStage } from './alpo/stage.ts'
import { ScenarioCluster } from './cluster.ts'
import type { Breach, Command, SetupCommand } from './command.ts'
import { expectThat } from './expectations.ts'
import type { Observe } from './observer.ts'
import type { Protocol } from './protocol.ts'
import { impossible, type Problem } from './scenario-error.ts'
import { isSetup, setupOf } from './setup.ts'
import { show } from './sights.ts'
import type { ActionCommand, Stage } from './stage.ts'

type Actions = {
  readonly [Kind in ActionCommand['kind']]: (
    cluster: ScenarioCluster,
    command: Extract<ActionCommand, { kind: Kind }>,
  ) => void
}

const actions: Actions = {
  leader: (cluster, { id }) => cluster.makeLeader(id),

  timeout: (cluster, { id }) => cluster.timeout(id),
  heartbeat: (cluster, { id }) => cluster.heartbeat(id),
  quorumCheck: (cluster, { id }) => cluster.quorumCheck(id),
  run: (cluster, { duration }) => cluster.run(duration),
  wait: (cluster, { ids, duration }) => cluster.wait(ids, duration),
  clock: (cluster, { id, time, isRelative }) =>
    cluster.setClock(id, isRelative ? cluster.server(id).clock.now() + time : time),
  wake: (cluster, { id }) => cluster.wake(id),

  propose: (cluster, { id, commands }) => each(commands, (what) => cluster.propose(id, what)),

  read: (cluster, { id, names, consistency }) => {
    each(names, (name) => cluster.read(id, name, consistency))
  },

  change: (cluster, { at, wanted, force }) => cluster.change(at, wanted, force),

  transfer: (cluster, { at, to }) => cluster.transfer(at, to),

  deliver: ({ delivery }, { which, rounds }) => delivery.deliver(which, rounds),
  drop: ({ delivery }, { which }) => delivery.drop(which),
  repeat: ({ delivery }, { which, name }) => delivery.repeat(which, name),
  holdMessages: ({ delivery }, { which, name }) => delivery.hold(which, name),
  holdLinks: ({ network, ids }, { links }) => network.holdLinks(links, ids),
  release: ({ delivery }, { which }) => delivery.release(which),
  cut: ({ network, ids }, { links }) => network.cut(links, ids),
  heal: ({ network, ids }, { links }) => network.heal(links, ids),
  partition: ({ network, ids }, { groups }) => network.partition(groups, ids),
  forge: (cluster, { message }) => cluster.forge(message),

  crash: (cluster, { id, keeping }) => cluster.crash(id, keeping),
  restart: (cluster, { ids }) => each(ids, (id) => cluster.restart(id)),
  wipe: (cluster, { ids }) => each(ids, (id) => cluster.wipe(id)),
  suspend: (cluster, { ids }) => each(ids, (id) => cluster.suspend(id)),
  resume: (cluster, { ids }) => each(ids, (id) => cluster.resume(id)),
  disk: (cluster, { ids, mode }) => each(ids, (id) => cluster.setDisk(id, mode)),
  diskSpace: (cluster, { ids, roomBytes }) => each(ids, (id) => cluster.fillDisk(id, roomBytes)),
  save: (cluster, { id }) => cluster.save(id),
  snapshot: (cluster, { ids }) => each(ids, (id) => cluster.snapshot(id)),

  show: (cluster, { sight, ids }) => show(cluster, sight, ids),
  expect: (cluster, { expectation }) => expectThat(cluster, expectation),
}

function each<T>(items: readonly T[], action: (item: T) => void): void {
  for (const item of items) action(item)
}

/** A stage with Raft's servers: what breaks an invariant ends the play. */
function raftStage(setup: readonly SetupCommand[], observe: Observe): Stage {
  const cluster = new ScenarioCluster(setupOf(setup, observe))
  return {
    act: (command) => {
      // The table's type says that each action gets the command of its own kind.
      const action = actions[command.kind] as (of: ScenarioCluster, command: ActionCommand) => void
      action(cluster, command)
    },
    together: (commands) => cluster.together(commands),
    takeOutput: () => {
      cluster.delivery.countAnew()
      return cluster.transcript.take()
    },
    breaches: [],
    stuck: null,
    end: () => null,
  }
}

export class Performance {
  readonly #begin: () => Stage
  readonly #setup: SetupCommand[] = []
  #stage: Stage | null = null

  /** `observe` watches servers of Raft; those of ALPO are watched by checkers of their own. */
  constructor(observe: Observe, protocol: Protocol = 'raft') {
    this.#begin =
      protocol === 'raft'
        ? () => raftStage(this.#setup, observe)
        : () => new AlpoStage(alpoSetupOf(this.#setup))
  }

  /** The commands of one step; several are one turn. */
  perform(commands: readonly Command[]): void {
    const [first] = commands
    if (commands.length === 1 && first !== undefined) this.#one(first)
    else this.#begun().together(() => each(commands, (command) => this.#one(command)))
  }

  /** The output since the last call; what is counted is counted anew from here. */
  takeOutput(): string[] {
    return this.#stage?.takeOutput() ?? []
  }

  /** Guarantees that were broken and did not end the play, oldest first; and that it is stuck. */
  get breaches(): readonly Breach[] {
    const { breaches = [], stuck = null } = this.#stage ?? {}
    return stuck === null ? breaches : [...breaches, stuck]
  }

  /** To be asked when all is done: what is wrong with the play as a whole. */
  end(): Problem | null {
    return this.#stage?.end() ?? null
  }

  #one(command: Command): void {
    if (!isSetup(command)) this.#begun().act(command)
    else if (this.#stage === null) this.#setup.push(command)
    else throw impossible(`the servers have started: "${command.kind}" comes too late`)
  }

  #begun(): Stage {
    this.#stage ??= this.#begin()
    return this.#stage
  }
}
