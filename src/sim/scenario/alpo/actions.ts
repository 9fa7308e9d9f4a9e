/** What the commands of a play do on ALPO. Those that are not here mean nothing to it. */
import { describeEntry } from '../../../alpo/index.ts'
import { impossible, Problem } from '../scenario-error.ts'
import { showMessages } from '../sights.ts'
import type { ActionCommand } from '../stage.ts'
import { describeState, whatIsWrong } from './expectations.ts'
import type { AlpoStage } from './stage.ts'

type Actions = {
  readonly [Kind in ActionCommand['kind']]?: (
    stage: AlpoStage,
    command: Extract<ActionCommand, { kind: Kind }>,
  ) => void
}

const actions: Actions = {
  leader: (stage, { id }) => stage.makeLeader(id),
  timeout: (stage, { id }) => stage.timeout(id),
  heartbeat: (stage, { id }) => stage.heartbeat(id),

  propose: (stage, { id, commands }) => {
    for (const command of commands) stage.turn(() => stage.server(id).propose(command))
  },

  deliver: ({ delivery }, { which, rounds }) => delivery.deliver(which, rounds),
  drop: ({ delivery }, { which }) => delivery.drop(which),
  repeat: ({ delivery }, { which, name }) => delivery.repeat(which, name),
  holdMessages: ({ delivery }, { which, name }) => delivery.hold(which, name),
  holdLinks: ({ network, ids }, { links }) => network.holdLinks(links, ids),
  release: ({ delivery }, { which }) => delivery.release(which),
  cut: ({ network, ids }, { links }) => network.cut(links, ids),
  heal: ({ network, ids }, { links }) => network.heal(links, ids),
  partition: ({ network, ids }, { groups }) => network.partition(groups, ids),

  crash: (stage, { id }) => stage.turn(() => stage.server(id).crash()),
  restart: (stage, { ids }) => {
    for (const id of ids) stage.restart(id)
  },

  show: (stage, { sight, ids }) => {
    if (sight === 'messages') {
      showMessages(stage.network, stage.transcript)
      return
    }
    if (sight !== 'state' && sight !== 'log') throw impossible(`ALPO has no ${sight} to show`)
    for (const id of ids) {
      const { state } = stage.server(id)
      const entries = state?.log.from(1).map(describeEntry).join(', ') || 'empty'
      const line = state === null ? 'down' : sight === 'log' ? entries : describeState(state)
      stage.transcript.say(id, line)
    }
  },
  expect: (stage, { expectation }) => {
    const wrong = whatIsWrong(stage, expectation)
    if (wrong !== null) throw new Problem('EXPECTATION', wrong)
  },
}

export function act(stage: AlpoStage, command: ActionCommand): void {
  // The table's type says that each action gets the command of its own kind.
  const action = actions[command.kind] as
    | ((stage: AlpoStage, command: ActionCommand) => void)
    | undefined
  if (action === undefined) throw impossible(`plays on ALPO have no "${command.kind}"`)
  action(stage, command)
}
