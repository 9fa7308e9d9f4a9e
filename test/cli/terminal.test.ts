/** The terminal, over streams of our own: with pipes, and as a person sees it (C16). */
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Terminal } from '../../src/cli/terminal.ts'
import { waitFor } from '../harness/waiting.ts'

class FakeTerminal extends PassThrough {
  readonly isTTY: boolean
  text = ''

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }

  collect(): this {
    this.on('data', (piece) => {
      this.text += String(piece)
    })
    return this
  }
}

function terminal(isTTY: boolean) {
  const input = new FakeTerminal(isTTY)
  const output = new FakeTerminal(isTTY).collect()
  const errors = new FakeTerminal(isTTY).collect()
  let interruptions = 0
  const made = new Terminal({
    input,
    output,
    errors,
    prompt: '> ',
    words: ['print', 'log'],
    interrupted: () => {
      interruptions += 1
    },
  })
  const lines: string[] = []
  return { input, output, errors, made, lines, interruptions: () => interruptions }
}

describe('with pipes', () => {
  test('there is no prompt, and the end of the input is the end of the lines', async () => {
    const { input, output, errors, made, lines } = terminal(false)
    const running = made.run((line) => {
      lines.push(line)
      made.write(`answer to ${line}\n`)
      made.say('heard')
    })
    input.write('print\r\nlo')
    input.end('g')
    await running
    expect(lines).toEqual(['print', 'log'])
    expect(output.text).toBe('answer to print\nanswer to log\n')
    expect(errors.text).toBe('heard\nheard\n')
  })

  test('what a line sets going happens before the next line', async () => {
    const { input, made } = terminal(false)
    const happened: string[] = []
    input.end('one\ntwo\n')
    await made.run((line) => {
      happened.push(line)
      setImmediate(() => happened.push(`after ${line}`))
    })
    expect(happened).toEqual(['one', 'after one', 'two', 'after two'])
  })
})

describe('on a terminal', () => {
  test('there are a prompt, history and completion; diagnostics do not tear the line', async () => {
    const { input, output, errors, made, lines, interruptions } = terminal(true)
    const running = made.run((line) => void lines.push(line))
    await waitFor('the prompt', () => output.text.endsWith('> \u001b[3G'))
    input.write('print\r')
    await waitFor('a line', () => lines.length === 1)
    // The one before, and the next by its beginning.
    input.write('\u001b[A\r')
    await waitFor('a line from history', () => lines.length === 2)
    // A tabulator counts as pasted where more comes with it.
    input.write('lo')
    input.write('\t')
    await waitFor('the completion', () => output.text.endsWith('g'))
    input.write('\r')
    await waitFor('a completed line', () => lines.length === 3)
    expect(lines).toEqual(['print', 'print', 'log'])

    input.write('pri')
    await waitFor('what is typed is shown', () => output.text.endsWith('i'))
    output.text = ''
    made.say('raftserver: becomes leader')
    expect(errors.text).toBe('raftserver: becomes leader\n')
    // The line is cleared, and drawn again below with what was typed.
    expect(output.text.startsWith('\u001b[1G\u001b[2K')).toBe(true)
    expect(stripVTControlCharacters(output.text)).toBe('> pri')

    input.write('\u0003')
    await waitFor('Ctrl-C', () => interruptions() === 1)
    input.write('\u0015\u0004')
    await running
    made.say('after the end')
    expect(errors.text).toContain('after the end\n')
    made.close()
  })
})
