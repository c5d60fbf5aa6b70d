// workerd is killed at every point between the receipt of a command and its final message. What was accepted comes to the
// same end all the same: one effect, one message, an unbroken audit.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Dev, IMAGE, SHARED_IMAGE, program, run } from './harness.mjs'

const OTHER_IMAGE = 'm-bp1e79zktg26n2b0003'
const POLICY = JSON.stringify({
  allow: [
    { who: ['slack:T1/U1', 'slack:T1/U4'], where: ['slack:T1/C1'], operations: ['*'], confirm: 'never' },
    { who: ['slack:T1/U2'], where: ['slack:T1/C1'], operations: ['*'], confirm: 'risky' },
    { who: ['slack:T1/U3'], where: ['slack:T1/C1'], operations: ['*'], confirm: 'risky', approvers: ['slack:T1/U9'] },
  ],
})

const [SHARE, UNSHARE] = [`share ${IMAGE} cn-hangzhou`, `unshare ${SHARED_IMAGE} cn-hangzhou`]
const look = (kind, count = 1) => ({ next: count, kind, operation: 'ListCustomImages' })
const write = (kind, count = 1) => ({ next: count, kind, operation: 'ModifyImageShareStatus' })
const FOREVER = 'slow:60000'

const SHARED = { state: 'Succeeded', seen: 'Confirmed', code: null, effects: [[IMAGE, true]] }
const UNSHARED = { ...SHARED, effects: [[SHARED_IMAGE, false]] }
const BOTH = { ...SHARED, effects: [[IMAGE, true], [IMAGE, false]] }
const CANCELLED = { state: 'Cancelled', seen: null, code: null, effects: [] }

/** One go at a point: the Dev, and everything said to it that must come to an end. */
class Go {
  said = []
  constructor(dev) {
    this.dev = dev
  }
  /** Says something; its answer may be lost. */
  say(words, user = 'U1') {
    const delivery = this.dev.slack(words, { user })
    return this.expect(delivery, this.dev.send(delivery).catch(() => null))
  }
  /** Expects the end of a command: as this answer, or as a message to where this delivery came from. */
  expect(delivery, answered = Promise.resolve(null)) {
    const said = { delivery, answered }
    this.said.push(said)
    return said
  }
  /** Asks for what needs a second yes, and gives the delivery and the code. */
  async ask(user) {
    const delivery = this.dev.slack(UNSHARE, { user })
    const answer = await this.dev.send(delivery)
    return { delivery, code: answer.text.match(/confirm ([0-9A-Z]{12})/)[1] }
  }
  /** Somebody else's write is throttled for so long, and with it the lane of all writes. */
  async throttleWrites(ms) {
    await this.dev.faults(write(`throttle:${ms}`))
    const throttled = this.say(`share ${OTHER_IMAGE} cn-hangzhou`, 'U4')
    assert.equal((await throttled.answered).outcome, 'waiting')
  }
}

// `reach` goes to the point and resolves by an event of that very moment; `held by` says what keeps the moment from passing.
// `resume`: what people and platforms do after the kill. The end is that of what was said last. `times`: how often the message
// comes; more than once only where it had arrived and the ledger could not know.
const POINTS = [
  {
    name: 'half of the delivery has been received',
    'held by': 'the other half, which never comes',
    async reach(go) {
      go.lost = go.dev.slack(SHARE)
      await go.dev.open(go.lost, go.lost.body.slice(0, go.lost.body.length / 2))
    },
    resume: go => go.expect(go.lost, go.dev.send(go.lost)),
  },
  {
    name: 'the row is written and perhaps not durable yet',
    'held by': 'nothing: wherever the kill strikes, the answer is either lost or holds',
    async reach(go) {
      go.first = go.say(SHARE)
      await go.dev.logged({ event: 'moved', what: 'Admit' })
    },
    async resume(go) {
      if (await go.first.answered === null) go.first.answered = go.dev.send(go.first.delivery)
    },
    times: [1, 2],
  },
  {
    name: 'the look beforehand is under way and nobody knows of the acceptance',
    'held by': 'a slow answer',
    faults: [look(FOREVER)],
    async reach(go) {
      go.say(SHARE)
      await go.dev.journalOf(1)
    },
  },
  {
    name: 'the look beforehand is under way and the acceptance has been told',
    'held by': 'a slow answer',
    faults: [look(FOREVER)],
    async reach(go) {
      assert.equal((await go.say(SHARE).answered).outcome, 'waiting')
    },
  },
  {
    name: 'the write is under way, before its effect',
    'held by': 'an answer that does not come, of a call that is not executed',
    faults: [write('timeout')],
    async reach(go) {
      go.say(SHARE)
      assert.equal((await go.dev.journalOf(2))[1].effect, null)
    },
  },
  {
    name: 'the write is under way, after its effect',
    'held by': 'an answer that does not come, of a call that is executed',
    faults: [write('after-effect:timeout')],
    async reach(go) {
      go.say(SHARE)
      assert.notEqual((await go.dev.journalOf(2))[1].effect, null)
    },
  },
  {
    name: 'the second attempt at a write is under way, after a kill in the first',
    'held by': 'answers that do not come',
    faults: [write('after-effect:timeout', 2)],
    async reach(go) {
      go.say(SHARE)
      await go.dev.journalOf(2)
      await go.dev.killWorkerd()
      const [, first, second] = await go.dev.journalOf(3)
      assert.equal(second.client_token, first.client_token)
      assert.ok(second.replayed)
    },
  },
  {
    name: 'the look afterwards is under way',
    'held by': 'a slow answer',
    faults: [look('slow:0'), look(FOREVER)],
    async reach(go) {
      go.say(SHARE)
      await go.dev.journalOf(3)
    },
  },
  {
    name: 'the look afterwards waits for its turn',
    'held by': 'a lane that rests, of another operation than the write',
    faults: [look('throttle:5000')],
    async reach(go) {
      assert.equal((await go.say('images cn-hangzhou', 'U4').answered).outcome, 'waiting')
      assert.match((await go.say(SHARE).answered).text, /whether it shows is still to be looked at/)
    },
  },
  {
    name: 'backoff after a 500',
    'held by': 'the backoff, half a second at least',
    faults: [write('status:500')],
    async reach(go) {
      go.say(SHARE)
      await go.dev.logged({ event: 'moved', what: 'Defer' })
    },
  },
  {
    name: 'a rest the vendor asked for',
    'held by': 'the header x-acs-retry-after',
    faults: [write('throttle:3000')],
    async reach(go) {
      assert.equal((await go.say(SHARE).answered).outcome, 'waiting')
    },
  },
  {
    name: 'a wait for its turn',
    'held by': 'a lane that rests',
    async reach(go) {
      await go.throttleWrites(6000)
      assert.match((await go.say(SHARE).answered).text, /It is next in line/)
    },
  },
  {
    name: 'a wait for another command on the same image',
    'held by': 'the other one, whose answer does not come',
    faults: [write('timeout')],
    expected: BOTH,
    async reach(go) {
      go.say(SHARE)
      await go.dev.journalOf(2)
      const second = go.say(`unshare ${IMAGE} cn-hangzhou`)
      assert.match((await second.answered).text, /An earlier command on the same thing comes first/)
    },
  },
  {
    name: 'the other command on the same image has ended just now',
    'held by': 'nothing',
    faults: [write('slow:2500')],
    expected: BOTH,
    async reach(go) {
      go.say(SHARE)
      await go.dev.journalOf(2)
      const second = go.say(`unshare ${IMAGE} cn-hangzhou`)
      assert.match((await second.answered).text, /An earlier command on the same thing comes first/)
      await go.dev.logged({ event: 'moved', what: 'Succeed' })
    },
    times: [1, 2],
  },
  {
    name: 'a confirmation is pending',
    'held by': 'the person who is to confirm',
    expected: UNSHARED,
    async reach(go) {
      go.code = (await go.ask('U2')).code
    },
    resume: go => go.say(`confirm ${go.code}`, 'U2'),
  },
  {
    name: 'it is confirmed and waits for its turn',
    'held by': 'a lane that rests',
    expected: UNSHARED,
    async reach(go) {
      const { code } = await go.ask('U2')
      await go.throttleWrites(6000)
      assert.match((await go.say(`confirm ${code}`, 'U2').answered).text, /It is next in line/)
    },
  },
  {
    name: 'it is confirmed and its first call is under way',
    'held by': 'a slow answer',
    faults: [look(FOREVER)],
    expected: UNSHARED,
    async reach(go) {
      const { code } = await go.ask('U2')
      go.say(`confirm ${code}`, 'U2')
      await go.dev.journalOf(1)
    },
  },
  {
    name: 'it is concluded and nobody has said that the answer arrived',
    'held by': 'the time an answer is given for that',
    faults: [look('slow:1000')],
    async reach(go) {
      const delivery = go.dev.slack(SHARE)
      const socket = await go.dev.open(delivery)
      await go.dev.journalOf(1)
      socket.resetAndDestroy()
      await go.dev.logged({ event: 'moved', what: 'Succeed' })
      go.expect(delivery)
    },
  },
  {
    name: 'the result of a click is sent and not answered, which nobody is shown otherwise',
    'held by': 'a platform that does not answer',
    expected: UNSHARED,
    async reach(go) {
      const asked = await go.dev.send(go.dev.slack(UNSHARE, { user: 'U2' }))
      go.release = go.dev.holdFollowUps()
      const click = go.dev.click(asked, 'Confirm', { user: 'U2' })
      assert.equal((await go.dev.send(click)).text, '')
      await go.dev.followUp(click.followUpPath)
      go.expect(click)
    },
    resume: go => go.release(),
    times: [2],
  },
  {
    name: 'the final message is sent and not answered',
    'held by': 'a platform that does not answer',
    faults: [look('slow:2800')],
    async reach(go) {
      go.release = go.dev.holdFollowUps()
      await go.dev.followUp(go.say(SHARE).delivery.followUpPath)
    },
    resume: go => go.release(),
    times: [2],
  },
  {
    name: 'the final message has been answered just now',
    'held by': 'nothing',
    faults: [look('slow:2800')],
    async reach(go) {
      await (await go.dev.followUp(go.say(SHARE).delivery.followUpPath)).answered
    },
    times: [1, 2],
  },
  {
    name: 'the final message was not taken and is to be sent again',
    'held by': 'the backoff, a second',
    faults: [look('slow:2800')],
    async reach(go) {
      go.dev.followUpStatus = 503
      go.say(SHARE)
      await go.dev.logged({ event: 'follow-up', outcome: 'later' })
    },
    resume(go) {
      go.dev.followUpStatus = 200
    },
  },
  {
    name: 'an approver has taken it back and the message to the asker is not answered',
    'held by': 'a platform that does not answer',
    expected: CANCELLED,
    async reach(go) {
      go.release = go.dev.holdFollowUps()
      const { delivery, code } = await go.ask('U3')
      assert.equal((await go.dev.say(`cancel ${code}`, { user: 'U9' })).outcome, 'information')
      await go.dev.followUp(delivery.followUpPath)
      go.expect(delivery)
    },
    resume: go => go.release(),
    times: [2],
  },
]

const all = []
const idle = []
const queue = []
const ended = []

before(async () => {
  all.push(...await Promise.all([1, 2, 3, 4].map(() => Dev.start({ POLICY }))))
  idle.push(...all)
}, { timeout: 120_000 })
after(() => Promise.all(all.map(dev => dev.stop())))

/** Runs with a Dev of its own, whose emulator is as at the beginning. */
async function withDev(work) {
  const dev = idle.pop() ?? await new Promise(resolve => queue.push(resolve))
  try {
    await dev.reset()
    dev.log.forget()
    await work(dev)
  } finally {
    dev.followUpStatus = 200
    if (queue.length > 0) queue.shift()(dev)
    else idle.push(dev)
  }
}

/** Waits until the result of what was said has been told and that is on record; gives every message with it. */
async function told(dev, { delivery, answered }) {
  const answer = await answered
  if (answer !== null && answer.outcome !== 'waiting') return [answer.json, ...followed(dev, delivery)]
  const id = idIn(await dev.followUp(delivery.followUpPath))
  while (!tells((await dev.command(id)).audit).length) {
    await dev.logged({ event: 'follow-up', outcome: 'delivered', command: id })
  }
  return followed(dev, delivery)
}

const followed = (dev, { followUpPath }) =>
  dev.followUps.filter(({ path }) => path === followUpPath).map(({ body }) => body)
const tells = audit => audit.filter(({ event }) => event === 'Tell')
const idIn = message => JSON.stringify(message).match(/Command\W+([0-9A-HJKMNP-TV-Z]{12})/)[1]

describe('the end is the same, killed at this point:', { concurrency: 4 }, () => {
  for (const { name, faults = [], expected = SHARED, reach, resume, times = [1] } of POINTS) {
    test(name, () => withDev(async dev => {
      for (const fault of faults) await dev.faults(fault)
      const go = new Go(dev)
      await reach(go)
      await dev.killWorkerd()
      await resume?.(go)
      let messages
      for (const said of go.said) {
        messages = await told(dev, said)
        assert.ok(times.includes(messages.length), `${messages.length} messages`)
        messages.forEach(message => assert.deepEqual(message, messages[0]))
        ended.push({ dev, delivery: said.delivery, followed: followed(dev, said.delivery).length })
      }
      const { state, seen, code } = (await dev.command(idIn(messages[0]))).command
      const effects = (await dev.effects()).filter(({ image }) => image !== OTHER_IMAGE).map(({ image, to }) => [image, to])
      assert.deepEqual({ state, seen, code, effects }, expected)
    }))
  }
})

test('afterwards everything is at its end and told once, and the audit is unbroken', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'opshook-audit-'))
  try {
    for (const [index, dev] of all.entries()) {
      const { commands } = (await dev.api('commands?limit=500')).json
      for (const { id, undelivered } of commands) {
        const { command: { state }, audit } = await dev.command(id)
        const moves = audit.filter(({ to }) => to !== null)
        assert.deepEqual(moves.map(({ from }) => from), ['Received', ...moves.slice(0, -1).map(({ to }) => to)])
        assert.equal(moves.at(-1).to, state)
        assert.ok(['Succeeded', 'Cancelled'].includes(state), state)
        assert.equal(tells(audit).length, 1)
        assert.equal(undelivered, false)
      }
      const file = join(folder, `${index}.jsonl`)
      const env = { ...process.env, CONSOLE_TOKEN: dev.secrets.CONSOLE_TOKEN }
      const exported = await run(program('xtask'), ['audit', 'export', '--url', dev.url, '--out', file], { env })
      assert.equal(exported.code, 0, exported.output)
      const verified = await run(program('xtask'), ['audit', 'verify', file])
      assert.equal(verified.code, 0, verified.output)
      assert.match(verified.output, /^\d+ rows, seq 1\.\.\d+, .*, complete$/m)
    }
    for (const { dev, delivery, followed: count } of ended) {
      assert.equal(followed(dev, delivery).length, count, 'no message came later')
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('what is due is done although other events follow each other quickly', () => withDev(async dev => {
  await dev.faults({ next: 1, kind: 'status:500' })
  const delivery = dev.slack(SHARE)
  assert.equal((await dev.send(delivery)).outcome, 'waiting')
  let over = false
  const others = Array.from({ length: 8 }, async () => {
    while (!over) await dev.say('status')
  })
  try {
    assert.equal((await dev.followUp(delivery.followUpPath, 10_000)).outcome, 'success')
  } finally {
    over = true
    await Promise.all(others)
  }
}))
