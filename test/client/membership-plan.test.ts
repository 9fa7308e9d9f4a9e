/** Operators' wishes, step by step, on members that do at once what they are asked for. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MembershipGoal, nextMembershipStep } from '../../src/client/index.ts'
import type { Member, MemberPart, MembersAnswer } from '../../src/wire/index.ts'

const ids = ['a', 'b', 'c', 'd', 'e'] as const

function member(id: string, part: MemberPart): Member {
  const catchUp = part === 'learner' ? { round: 2, isCaughtUp: true, snapshot: null } : null
  return { id, address: `${id}:1`, part, matchIndex: 9, silentMs: 0, catchUp }
}

function view(
  voters: readonly string[],
  learners: readonly string[],
  leaderId: string = voters[0] as string,
  index = 5,
): MembersAnswer {
  return {
    kind: 'members',
    leaderId,
    term: 1,
    index,
    isSettled: true,
    lastLogIndex: 9,
    commitIndex: 9,
    electionTimeoutMaxMs: 300,
    members: [
      ...voters.map((id) => member(id, 'voter')),
      ...learners.map((id) => member(id, 'learner')),
    ],
  }
}

function votersOf({ members }: MembersAnswer): string[] {
  return members.filter(({ part }) => part === 'voter').map(({ id }) => id)
}

interface Walk {
  readonly views: readonly MembersAnswer[]
  readonly steps: readonly string[]
  readonly refusal: string | null
}

/** Follows a wish to its end. */
function walk(goal: MembershipGoal, first: MembersAnswer): Walk {
  const views = [first]
  const steps: string[] = []
  for (let now = first; ; views.push(now)) {
    const step = nextMembershipStep(goal, now, false)
    if (step.kind === 'done') return { views, steps, refusal: null }
    if (step.kind === 'refuse') return { views, steps, refusal: step.why }
    if (step.kind === 'wait') throw new Error(`it waits: ${step.why}`)
    steps.push(step.what)
    if (steps.length > 5) throw new Error(`no end: ${steps.join('; ')}`)
    if (step.kind === 'transfer') {
      const next = votersOf(now).find((id) => id !== now.leaderId) as string
      now = { ...now, leaderId: next }
    } else {
      const { voters, learners, basedOn, addresses } = step.question
      expect(basedOn).toBe(now.index)
      // Nobody votes who has not learned, and everybody is found.
      for (const id of voters) expect(now.members.some((known) => known.id === id)).toBe(true)
      expect(Object.keys(addresses).sort()).toEqual([...voters, ...learners].sort())
      const leaderId = voters.includes(now.leaderId) ? now.leaderId : (voters[0] as string)
      now = view(voters, learners, leaderId, now.index + 1)
    }
  }
}

const clusters = fc
  .tuple(fc.shuffledSubarray([...ids], { minLength: 1 }), fc.nat({ max: 4 }), fc.nat({ max: 4 }))
  .map(([members, learnersMax, at]) => {
    const count = Math.min(learnersMax, members.length - 1)
    const voters = members.slice(0, members.length - count)
    return view(voters, members.slice(voters.length), voters[at % voters.length])
  })

const goals: fc.Arbitrary<MembershipGoal> = fc
  .tuple(fc.constantFrom(...ids), fc.constantFrom(...ids), fc.boolean(), fc.nat({ max: 3 }))
  .map(([id, old, votes, kind]): MembershipGoal => {
    const address = `${id}:1`
    if (kind === 0) return { kind: 'add', id, address, votes }
    if (kind === 1) return { kind: 'promote', id }
    return kind === 2 ? { kind: 'remove', id } : { kind: 'replace', old, id, address }
  })

describe('any wish on any members', () => {
  test('comes true or is refused, and never costs a voter more than it asks for', () => {
    fc.assert(
      fc.property(goals, clusters, (goal, first) => {
        const { views, refusal } = walk(goal, first)
        const last = views.at(-1) as MembersAnswer
        const leaves = goal.kind === 'remove' ? 1 : 0
        const fewest = Math.min(...views.map((each) => votersOf(each).length))
        expect(fewest).toBeGreaterThanOrEqual(Math.max(1, votersOf(first).length - leaves))
        if (refusal !== null) return
        const part = last.members.find(({ id }) => id === goal.id)?.part
        if (goal.kind === 'remove') expect(part).toBeUndefined()
        else if (goal.kind === 'add' && !goal.votes) expect(part).toBe('learner')
        else if (goal.kind !== 'replace') expect(part).toBe('voter')
        else expect(last.members.some(({ id }) => id === goal.old)).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  test('goes on from wherever it was left, in other hands', () => {
    fc.assert(
      fc.property(goals, clusters, (goal, first) => {
        const whole = walk(goal, first)
        for (const [i, each] of whole.views.entries()) {
          const rest = walk(goal, each)
          expect(rest.steps).toEqual(whole.steps.slice(i))
          expect(rest.refusal).toBe(whole.refusal)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a server that is replaced', () => {
  test('hands over first, and gives its vote in one change', () => {
    const goal = { kind: 'replace', old: 'a', id: 'd', address: 'd:1' } as const
    const { steps, views } = walk(goal, view(['a', 'b', 'c'], []))
    expect(steps).toEqual([
      'has a hand over the leadership',
      'takes in d as a learner',
      'gives the vote of a to d',
    ])
    expect(views.map((each) => votersOf(each).length)).toEqual([3, 3, 3, 3])
  })

  test('and was the only one: the new one is on its own then', () => {
    const goal = { kind: 'replace', old: 'a', id: 'd', address: 'd:1' } as const
    expect(walk(goal, view(['a'], [])).steps).toEqual([
      'takes in d as a learner',
      'gives the vote of a to d',
    ])
  })

  test('and is a learner: a learner takes its place', () => {
    const goal = { kind: 'replace', old: 'e', id: 'd', address: 'd:1' } as const
    const { views } = walk(goal, view(['a', 'b', 'c'], ['e']))
    expect(votersOf(views.at(-1) as MembersAnswer)).toEqual(['a', 'b', 'c'])
  })

  test('by one that votes already: that would only be a voter less', () => {
    for (const [old, learners] of [
      ['b', []],
      ['a', []],
      ['e', ['e']],
    ] as const) {
      const goal = { kind: 'replace', old, id: 'c', address: 'c:1' } as const
      const { steps, refusal } = walk(goal, view(['a', 'b', 'c'], learners))
      expect(steps).toEqual([])
      expect(refusal).toBe(
        `c has a vote already, and ${old} is still a member; to have one less, remove ${old}`,
      )
    }
  })
})

describe('waiting', () => {
  const goal = { kind: 'promote', id: 'd' } as const

  test('until a change of somebody else is over', () => {
    const now = { ...view(['a', 'b', 'c'], ['d']), isSettled: false }
    expect(nextMembershipStep(goal, now, false)).toMatchObject({ kind: 'wait' })
  })

  test.each<[string, Partial<Member>, string]>([
    ['has said nothing', { silentMs: null }, 'd has not answered yet at d:1'],
    ['is behind', { matchIndex: 4 }, 'd has 4 of 9 entries, in round 1'],
    [
      'takes a snapshot',
      { catchUp: { round: 1, isCaughtUp: false, snapshot: { sentBytes: 3, totalBytes: 7 } } },
      'd has 3 of 7 bytes of the snapshot',
    ],
  ])('for a learner that %s', (_, how, why) => {
    const behind = { round: 1, isCaughtUp: false, snapshot: null }
    const learner = { ...member('d', 'learner'), catchUp: behind, ...how }
    const now = { ...view(['a', 'b', 'c'], []) }
    const members = [...now.members, learner]
    expect(nextMembershipStep(goal, { ...now, members }, false)).toMatchObject({ why })
  })
})
