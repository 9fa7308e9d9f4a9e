/** Watches the changes of configurations, for the coverage marks. It changes nothing. */
import type {
  ChangeAnswer,
  ChangeRefusal,
  LogIndex,
  Notice,
  Term,
  TransferAnswer,
} from '../raft/index.ts'
import { isJoint, isVoter } from '../raft/index.ts'
import type { Mark, Marks } from './marks.ts'
import type { SimServer } from './sim-server.ts'

const refusalMarks: ReadonlyMap<ChangeRefusal, Mark> = new Map<ChangeRefusal, Mark>([
  ['notReady', 'change refused before the new leader had committed anything'],
  ['changeUnderWay', 'change refused while another is under way'],
  ['notCaughtUp', 'change refused since a new voter is not caught up'],
  ['wouldLoseQuorum', 'change refused since it would lose the quorum'],
])

interface Adopted {
  readonly index: LogIndex
  /** Of the leader that began the change which is under way; null where none is. */
  readonly jointTerm: Term | null
}

export class MembershipObserver {
  readonly #marks: Marks
  readonly #adopted = new Map<SimServer, Adopted>()

  constructor(marks: Marks) {
    this.#marks = marks
  }

  answered(answer: ChangeAnswer | TransferAnswer): void {
    if ('transferId' in answer) {
      const isDone = answer.kind === 'transferred'
      this.#marks.hit(isDone ? 'leadership transferred' : 'transfer refused')
      return
    }
    if (answer.kind === 'changeAccepted') {
      this.#marks.hit('change begun')
      return
    }
    this.#marks.hit('change refused')
    const mark = refusalMarks.get(answer.refusal)
    if (mark !== undefined) this.#marks.hit(mark)
  }

  noticed(owner: SimServer, notice: Notice): void {
    switch (notice.kind) {
      case 'configurationAdopted':
        this.#adoptedBy(owner, notice)
        break
      case 'configurationCommitted':
        if (isJoint(notice.configuration)) this.#marks.hit('joint configuration committed')
        break
      case 'learnerCaughtUp':
        this.#marks.hit('learner caught up')
        break
      case 'removed':
        this.#marks.hit('removed server told')
        break
      case 'roleChanged':
        if (notice.why.endsWith('leaves it without a vote')) {
          this.#marks.hit('leader left its cluster')
        }
        break
      default:
        break
    }
  }

  #adoptedBy(
    owner: SimServer,
    { index, configuration }: Extract<Notice, { kind: 'configurationAdopted' }>,
  ): void {
    const before = this.#adopted.get(owner)
    if (before !== undefined && index < before.index) this.#marks.hit('configuration taken back')
    const { state } = owner
    // It may have been taken back within the same batch.
    const isThere = isJoint(configuration) && state?.log.has(index) === true
    const jointTerm = isThere ? state.log.termAt(index) : null
    this.#adopted.set(owner, { index, jointTerm })
    const began = before?.jointTerm ?? null
    const isLeft = began !== null && index > (before?.index ?? 0) && jointTerm === null
    if (!isLeft || state?.role.kind !== 'leader' || state.currentTerm <= began) return
    if (isVoter(configuration, owner.id))
      this.#marks.hit('joint configuration left by another leader')
  }
}
