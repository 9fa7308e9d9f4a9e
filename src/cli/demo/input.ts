/**
 * What a line typed into the demo means. The demo's own words come first; any other single word
 * that is a valid command is sent to the servers, as `raftclient` would. A command that has the
 * name of one of our words needs `send` before it.
 */
import { commandNameProblem } from '../../course/index.ts'

/** Servers are numbered from 1, as people count. */
export type DemoInput =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'send'; readonly command: string }
  | { readonly kind: 'print' | 'log'; readonly server: number | null }
  | { readonly kind: 'suspend' | 'resume' | 'kill' | 'start'; readonly server: number }
  | { readonly kind: 'status' | 'help' | 'exit' }
  | { readonly kind: 'wrong'; readonly problem: string }

/** What each word takes after it. */
const words = {
  print: 'server?',
  log: 'server?',
  suspend: 'server',
  resume: 'server',
  kill: 'server',
  start: 'server',
  status: 'nothing',
  help: 'nothing',
  exit: 'nothing',
  send: 'command',
} as const

type DemoWord = keyof typeof words

/** What may be typed and how long a command may be. */
export interface InputBounds {
  readonly servers: number
  readonly commandBytesMax: number
}

export function parseInput(line: string, bounds: InputBounds): DemoInput {
  const text = line.trim()
  if (text === '') return { kind: 'nothing' }
  const [word = '', ...rest] = text.split(/\s+/)
  if (isWord(word)) return ours(word, rest, bounds)
  // The whole line, so that what is wrong with a blank in it is said of the blank.
  return toSend(text, bounds)
}

function isWord(word: string): word is DemoWord {
  return Object.hasOwn(words, word)
}

function ours(word: DemoWord, rest: readonly string[], bounds: InputBounds): DemoInput {
  const [argument, surplus] = rest
  if (word === 'send') {
    if (argument === undefined) return wrong('send needs the command to send: send NAME')
    return toSend(rest.join(' '), bounds)
  }
  if (words[word] === 'nothing') {
    if (argument !== undefined) return wrong(`${word} takes nothing after it`)
    return { kind: word } as DemoInput
  }
  if (surplus !== undefined) return wrong(`${word} takes one server`)
  if (argument === undefined) {
    if (words[word] === 'server?') return { kind: word, server: null } as DemoInput
    const hint = `to send a command of that name: send ${word}`
    return wrong(`${word} needs a server, ${serverNames(bounds)} (${hint})`)
  }
  const server = /^\d{1,3}$/.test(argument) ? Number(argument) : 0
  if (server < 1 || server > bounds.servers) {
    return wrong(`there is no server ${argument}: ${serverNames(bounds)}`)
  }
  return { kind: word, server } as DemoInput
}

function toSend(command: string, { commandBytesMax }: InputBounds): DemoInput {
  const problem = commandNameProblem(command, commandBytesMax)
  return problem === null ? { kind: 'send', command } : wrong(problem)
}

function wrong(problem: string): DemoInput {
  return { kind: 'wrong', problem }
}

/** `1, 2 or 3`. */
function serverNames({ servers }: InputBounds): string {
  const numbers = Array.from({ length: servers }, (_, i) => String(i + 1))
  return `${numbers.slice(0, -1).join(', ')} or ${numbers[numbers.length - 1]}`
}

/** Everything that the Tab key can complete a line to. */
export function completions(servers: number): string[] {
  return Object.entries(words).flatMap(([word, argument]) => {
    const numbers = Array.from({ length: servers }, (_, i) => `${word} ${i + 1}`)
    if (argument === 'server') return numbers
    return argument === 'server?' ? [word, ...numbers] : [word]
  })
}
