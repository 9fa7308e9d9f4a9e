/**
 * How operators' wishes about the members come true, one step after the other (§4.2.1, §4.3): a new
 * server learns before it votes, and a leader hands over before it goes. Each step follows from
 * what the leader says at that moment and from nothing else. So whoever asks may stop anywhere, and
 * the same wish, told again by anybody, goes on from there.
 */
import { unreachable } from '../base/assert.ts'
import type { ServerId } from '../raft/index.ts'
import type { ChangeQuestion, Member, MembersAnswer } from '../wire/index.ts'

export type MembershipGoal =
  /** `votes`: false where it is to stay a learner. */
  | {
      readonly kind: 'add'
      readonly id: ServerId
      readonly address: string
      readonly votes: boolean
    }
  | { readonly kind: 'promote'; readonly id: ServerId }
  | { readonly kind: 'remove'; readonly id: ServerId }
  /** `id` takes the part of `old`, in one change, so that there is never a voter less. */
  | {
      readonly kind: 'replace'
      readonly old: ServerId
      readonly id: ServerId
      readonly address: string
    }

export type MembershipStep =
  | { readonly kind: 'done' }
  /** Look again soon. `why` changes as long as there is progress. */
  | { readonly kind: 'wait'; readonly why: string; readonly hint: string }
  | { readonly kind: 'change'; readonly what: string; readonly question: ChangeQuestion }
  | { readonly kind: 'transfer'; readonly what: string; readonly to: ServerId | null }
  /** It cannot be, as things are. */
  | { readonly kind: 'refuse'; readonly why: string }

/** What to do next. `force`: also where too few of the new voters answer. */
export function nextMembershipStep(
  goal: MembershipGoal,
  view: MembersAnswer,
  force: boolean,
): MembershipStep {
  if (!view.isSettled) {
    const isChange = view.members.some(({ part }) => part === 'joining' || part === 'leaving')
    const why = isChange
      ? `a change of the members is being completed, under ${view.leaderId}`
      : `waits for ${view.leaderId}, which leads, to know what is committed`
    return { kind: 'wait', why, hint: 'too few of the voters may answer' }
  }
  const plan = new Plan(view, force)
  switch (goal.kind) {
    case 'add':
      return plan.add(goal.id, goal.address, goal.votes)
    case 'promote':
      return plan.promote(goal.id)
    case 'remove':
      return plan.remove(goal.id)
    case 'replace':
      return plan.replace(goal.old, goal.id, goal.address)
    default:
      return unreachable(goal)
  }
}

const done: MembershipStep = { kind: 'done' }

/** Of members none of whom is joining or leaving. */
class Plan {
  readonly #view: MembersAnswer
  readonly #force: boolean
  readonly #voters: readonly ServerId[]
  readonly #learners: readonly ServerId[]

  constructor(view: MembersAnswer, force: boolean) {
    this.#view = view
    this.#force = force
    this.#voters = idsOf(view, 'voter')
    this.#learners = idsOf(view, 'learner')
  }

  add(id: ServerId, address: string, votes: boolean): MembershipStep {
    const known = this.#find(id)
    if (known === null) return this.#takeIn(id, address)
    const elsewhere = atAnotherAddress(known, address)
    if (elsewhere !== null) return elsewhere
    if (known.part === 'voter') {
      return votes ? done : refuse(`${id} has a vote already; remove it, and add it anew`)
    }
    return votes ? this.promote(id) : done
  }

  promote(id: ServerId): MembershipStep {
    const known = this.#find(id)
    if (known === null) return refuse(`${id} is not a member: ${this.#names()}`)
    if (known.part === 'voter') return done
    return (
      this.#awaitCaughtUp(known) ??
      this.#change(
        `gives ${id} a vote`,
        [...this.#voters, id],
        this.#learners.filter((other) => other !== id),
      )
    )
  }

  remove(id: ServerId): MembershipStep {
    const known = this.#find(id)
    if (known === null) return done
    const isOther = (other: ServerId): boolean => other !== id
    const voters = this.#voters.filter(isOther)
    if (voters.length === 0) return refuse(`${id} is the only voter: nobody would be left to vote`)
    return (
      this.#handOver(id) ?? this.#change(`removes ${id}`, voters, this.#learners.filter(isOther))
    )
  }

  replace(old: ServerId, id: ServerId, address: string): MembershipStep {
    const leaving = this.#find(old)
    const coming = this.#find(id)
    if (old === id)
      return refuse(`${id} cannot take its own place; the new server has another name`)
    if (leaving === null && coming === null) {
      return refuse(`${old} is not a member: ${this.#names()}`)
    }
    // It is gone already: an earlier attempt came that far.
    if (leaving === null) return this.add(id, address, coming?.part === 'voter')
    if (coming?.part === 'voter') {
      // Nothing would take the place of `old`: one vote less, which nobody has asked for.
      return refuse(
        `${id} has a vote already, and ${old} is still a member; to have one less, remove ${old}`,
      )
    }
    const handOver = this.#handOver(old)
    if (handOver !== null) return handOver
    if (coming === null) return this.#takeIn(id, address)
    const elsewhere = atAnotherAddress(coming, address)
    if (elsewhere !== null) return elsewhere
    if (leaving.part === 'learner') return this.remove(old)
    return this.#awaitCaughtUp(coming) ?? this.#exchange(old, id)
  }

  #exchange(old: ServerId, id: ServerId): MembershipStep {
    const voters = this.#voters.map((voter) => (voter === old ? id : voter))
    const learners = this.#learners.filter((other) => other !== id)
    return this.#change(`gives the vote of ${old} to ${id}`, voters, learners)
  }

  #takeIn(id: ServerId, address: string): MembershipStep {
    const neighbour = this.#view.members.find((member) => member.address === address)
    if (neighbour !== undefined) return refuse(`${neighbour.id} is at ${address} already`)
    const learners = [...this.#learners, id]
    return this.#change(`takes in ${id} as a learner`, this.#voters, learners, { [id]: address })
  }

  /** Null once it is: then it can be given a vote without anybody waiting for it. */
  #awaitCaughtUp({ id, address, matchIndex, silentMs, catchUp }: Member): MembershipStep | null {
    if (catchUp?.isCaughtUp === true) return null
    const { lastLogIndex } = this.#view
    const snapshot = catchUp?.snapshot ?? null
    const what =
      silentMs === null
        ? `${id} has not answered yet at ${address}`
        : snapshot !== null
          ? `${id} has ${snapshot.sentBytes} of ${snapshot.totalBytes} bytes of the snapshot`
          : `${id} has ${matchIndex} of ${lastLogIndex} entries, in round ${catchUp?.round ?? 1}`
    const hint =
      `does a server named ${id} run at ${address}, started to join? It stays a learner, which ` +
      'costs nothing; the same command again goes on from here, and removing it takes it back'
    return { kind: 'wait', why: what, hint }
  }

  /** Null where it does not lead, or nobody else could. */
  #handOver(id: ServerId): MembershipStep | null {
    const { leaderId } = this.#view
    if (leaderId !== id || this.#voters.every((voter) => voter === id)) return null
    return { kind: 'transfer', what: `has ${id} hand over the leadership`, to: null }
  }

  #change(
    what: string,
    voters: readonly ServerId[],
    learners: readonly ServerId[],
    added: Readonly<Record<ServerId, string>> = {},
  ): MembershipStep {
    const { index, members } = this.#view
    const staying = members.filter(({ id, address }) => {
      return address !== '' && (voters.includes(id) || learners.includes(id))
    })
    const addresses = {
      ...Object.fromEntries(staying.map(({ id, address }) => [id, address])),
      ...added,
    }
    const force = this.#force
    const question: ChangeQuestion = {
      kind: 'change',
      basedOn: index,
      voters,
      learners,
      addresses,
      force,
    }
    return { kind: 'change', what, question }
  }

  #find(id: ServerId): Member | null {
    return this.#view.members.find((member) => member.id === id) ?? null
  }

  #names(): string {
    return `the members are ${this.#view.members.map(({ id }) => id).join(', ')}`
  }
}

function idsOf({ members }: MembersAnswer, part: Member['part']): ServerId[] {
  return members.filter((member) => member.part === part).map(({ id }) => id)
}

function atAnotherAddress({ id, address }: Member, wanted: string): MembershipStep | null {
  return address === wanted ? null : refuse(`${id} is a member already, at ${address}`)
}

function refuse(why: string): MembershipStep {
  return { kind: 'refuse', why }
}
