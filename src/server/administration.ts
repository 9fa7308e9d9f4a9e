/**
 * What an operator asks of a server, step by step: who takes part, another configuration, another
 * leader, a snapshot. Every answer is the core's; nothing is decided here but how it is said.
 */
import { unreachable } from '../base/assert.ts'
import type { Answer, ChangeAnswer, ServerId, TransferAnswer } from '../raft/index.ts'
import {
  type AdminAnswer,
  type AdminQuestion,
  type AdminRequest,
  adminResponse,
  type ChangeQuestion,
  parseAdminQuestion,
} from '../wire/index.ts'
import { type Caller, callerOf, fail, failure, type Reply } from './caller.ts'
import { changeRefusalText, transferRefusalText } from './change-refusals.ts'
import { membersView } from './members-view.ts'
import { Refusals } from './refusals.ts'
import type { Server } from './server.ts'

export interface AdministrationParts {
  /** Its answers are handed on to this. */
  readonly server: Pick<Server, 'changeMembership' | 'transfer' | 'takeSnapshot' | 'state'>
  readonly nextId: () => number
  readonly addressOf: (id: ServerId) => string
}

interface TransferAsked {
  readonly caller: Caller
  readonly to: ServerId | null
}

export class Administration {
  readonly #parts: AdministrationParts
  readonly #refusals: Refusals
  readonly #changes = new Map<number, Caller>()
  readonly #transfers = new Map<number, TransferAsked>()
  /** Who waits for the server's own handing over. */
  readonly #handingOver = new Map<number, () => void>()

  constructor(parts: AdministrationParts) {
    this.#parts = parts
    this.#refusals = new Refusals(parts.server, parts.addressOf)
  }

  /** `reply` is called once, perhaps from inside this call; never where the server fails first. */
  handle(request: AdminRequest, reply: Reply): void {
    const caller = callerOf(request, reply)
    const question = parseAdminQuestion(request.json)
    if (typeof question === 'string') fail([caller], failure('badRequest', question))
    else this.#ask(question, caller)
  }

  /** Of the core, to what was asked here; false where somebody else has asked. */
  answer(answer: Answer): boolean {
    switch (answer.kind) {
      case 'changeAccepted':
      case 'changeRefused':
        return this.#changeAnswered(answer)
      case 'transferred':
      case 'transferRefused':
        return this.#transferAnswered(answer)
      default:
        return false
    }
  }

  /**
   * Before it stops, a leader sees to it that another server leads (§3.10): then nobody has to wait
   * for an election timeout. `done` is called once, whatever has come of it, perhaps at once.
   */
  handOver(done: () => void): void {
    const { server, nextId } = this.#parts
    if (server.state.role.kind !== 'leader') {
      done()
      return
    }
    const transferId = nextId()
    this.#handingOver.set(transferId, done)
    server.transfer(transferId, null)
  }

  /** Whoever has asked is not answered: the process is as good as stopped. */
  forget(): void {
    this.#changes.clear()
    this.#transfers.clear()
    const handedOver = [...this.#handingOver.values()]
    this.#handingOver.clear()
    for (const done of handedOver) done()
  }

  /** The server was closed. */
  close(): void {
    const transferring = [...this.#transfers.values()].map(({ caller }) => caller)
    const waiting = [...this.#changes.values(), ...transferring]
    this.forget()
    fail(waiting, failure('unknown', 'the server was closed'))
  }

  #ask(question: AdminQuestion, caller: Caller): void {
    const { server, nextId } = this.#parts
    if (question.kind === 'snapshot') {
      this.#takeSnapshot(caller)
      return
    }
    if (server.state.role.kind !== 'leader') {
      fail([caller], this.#refusals.notLeader())
      return
    }
    switch (question.kind) {
      case 'members':
        say(caller, membersView(server.state))
        break
      case 'change':
        this.#change(question, caller)
        break
      case 'transfer': {
        const transferId = nextId()
        this.#transfers.set(transferId, { caller, to: question.to })
        server.transfer(transferId, question.to)
        break
      }
      default:
        unreachable(question)
    }
  }

  #takeSnapshot(caller: Caller): void {
    const { server } = this.#parts
    server.takeSnapshot()
    const { id, snapshot, lastApplied } = server.state
    const snapshotIndex = snapshot?.lastIndex ?? 0
    const snapshotBytes = snapshot?.size ?? 0
    say(caller, { kind: 'snapshot', id, snapshotIndex, snapshotBytes, lastApplied })
  }

  #change(question: ChangeQuestion, caller: Caller): void {
    const { server, nextId } = this.#parts
    const { basedOn, addresses, voters, learners, force } = question
    if (server.state.configurations.newestIndex !== basedOn) {
      refuse(caller, 'changed', 'the members have changed meanwhile', true)
      return
    }
    const changeId = nextId()
    this.#changes.set(changeId, caller)
    const found = new Map(Object.entries(addresses))
    server.changeMembership({ changeId, voters, learners, addresses: found, force })
  }

  #changeAnswered(answer: ChangeAnswer): boolean {
    const caller = this.#changes.get(answer.changeId)
    if (caller === undefined) return false
    this.#changes.delete(answer.changeId)
    if (answer.kind === 'changeAccepted') {
      say(caller, { kind: 'changed', index: answer.index, term: answer.term })
    } else if (answer.refusal === 'notLeader') {
      fail([caller], this.#refusals.notLeader())
    } else if (answer.refusal === 'diskFull') {
      fail([caller], this.#refusals.of('diskFull'))
    } else {
      const { refusal, servers } = answer
      const isTransient = refusal === 'notReady' || refusal === 'changeUnderWay'
      refuse(caller, refusal, changeRefusalText(refusal, servers), isTransient)
    }
    return true
  }

  #transferAnswered(answer: TransferAnswer): boolean {
    const { transferId } = answer
    const handedOver = this.#handingOver.get(transferId)
    if (handedOver !== undefined) {
      this.#handingOver.delete(transferId)
      handedOver()
      return true
    }
    const asked = this.#transfers.get(transferId)
    if (asked === undefined) return false
    const { caller, to } = asked
    this.#transfers.delete(transferId)
    if (answer.kind === 'transferred') {
      say(caller, { kind: 'transferred', leaderId: answer.leaderId, term: answer.term })
    } else if (answer.refusal === 'notLeader') {
      fail([caller], this.#refusals.notLeader())
    } else {
      const isTransient = answer.refusal !== 'notVoter' && answer.refusal !== 'diskFull'
      refuse(caller, answer.refusal, transferRefusalText(answer, to), isTransient)
    }
    return true
  }
}

function say({ reply, requestId }: Caller, answer: AdminAnswer): void {
  reply(adminResponse(requestId, 'ok', JSON.stringify(answer)))
}

function refuse(caller: Caller, code: string, message: string, isTransient: boolean): void {
  say(caller, { kind: 'refused', code, message, isTransient })
}
