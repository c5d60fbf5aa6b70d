// Turns: so many calls of an operation a minute, shared fairly, and none while the vendor wants none. A window takes a minute,
// so these tests look at who waits, for what and how long; that the windows are kept is tested in ops, by a clock of its own.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Dev } from './harness.mjs'

// None of them is shared at the beginning.
const [A, B, C, D, E, F] = [
  'm-bp1e79zktg26n2b0001 cn-hangzhou', 'm-bp1e79zktg26n2b0003 cn-hangzhou', 'm-bp1e79zktg26n2b0004 cn-hangzhou',
  'm-uf6a2kq8x0c5d1f0001 cn-shanghai', 'm-2zehv38jjmwva1e0001 cn-beijing', 'm-j6c4r7m1p9s3t8v0001 cn-hongkong',
]
const POLICY = JSON.stringify({
  allow: [{ who: ['slack:T1/*'], where: ['slack:T1/C1'], operations: ['*'], confirm: 'never' }],
})
const WRITE = 'ModifyImageShareStatus'

const idOf = ({ text }) => text.match(/Command\W+([0-9A-HJKMNP-TV-Z]{12})/)[1]
const writes = async dev => (await dev.journal()).filter(({ operation }) => operation === WRITE)

describe('two calls a minute', () => {
  let dev
  before(async () => { dev = await Dev.start({ POLICY, CALLS_PER_MINUTE: '2' }) }, { timeout: 120_000 })
  after(() => dev?.stop())

  /** A command of this person that must wait, its id, and what `status` says of it. */
  async function queue(words, user) {
    const answer = await dev.say(words, { user })
    assert.equal(answer.outcome, 'waiting', answer.text)
    const id = idOf(answer)
    return { answer, id, status: async () => (await dev.say(`status ${id}`, { user })).text }
  }

  /** What comes first, and the seconds to wait. */
  function place(text) {
    const [, next, before, seconds] = text.match(/(?:(It is next in line)|(\d+) come before it), for about (\d+) s/) ?? assert.fail(text)
    return [next ? 0 : Number(before), Number(seconds)]
  }
  const within = ([before, seconds], expected, least, most) => {
    assert.equal(before, expected)
    assert.ok(seconds >= least && seconds <= most, `${seconds} s`)
  }
  let third, fourth, other

  test('two go, the second without the courtesy of a look beforehand', async () => {
    assert.equal((await dev.say(`share ${A}`, { user: 'U1' })).outcome, 'success')
    const second = await queue(`share ${B}`, 'U1')
    assert.match(second.answer.text, /The vendor has taken it/)
    assert.deepEqual((await dev.journal()).map(({ operation }) => operation), [
      'ListCustomImages', WRITE, 'ListCustomImages', WRITE,
    ])
    // Its look afterwards waits among the looks; what is done cannot be dropped.
    const status = await second.status()
    within(place(status), 0, 40, 62)
    assert.doesNotMatch(status, /cancel/)
    const dropped = await dev.say(`cancel ${second.id}`, { user: 'U1' })
    assert.equal(dropped.outcome, 'waiting', dropped.text)
    assert.equal((await dev.command(second.id)).command.state, 'InFlight')
  })

  test('a third is told its place and how long, and how to drop it', async () => {
    third = await queue(`share ${C}`, 'U1')
    within(place(third.answer.text), 0, 40, 62)
    assert.match(third.answer.text, new RegExp(`cancel ${third.id}`))
    fourth = await queue(`share ${D}`, 'U1')
    within(place(fourth.answer.text), 1, 40, 62)
  })

  test('another person\'s first goes before somebody\'s second', async () => {
    other = await queue(`share ${E}`, 'U2')
    within(place(other.answer.text), 1, 40, 62)
    within(place(await third.status()), 0, 40, 62)
    // Two a window: this one has to wait for the next.
    within(place(await fourth.status()), 2, 102, 124)
    const { state, attempts } = (await dev.command(fourth.id)).command
    assert.deepEqual([state, attempts], ['Ready', 0])
  })

  test('another operation has turns of its own', async () => {
    assert.equal((await dev.say('regions', { user: 'U2' })).outcome, 'success')
    within(place((await queue('images cn-hangzhou', 'U2')).answer.text), 1, 40, 62)
  })

  test('what began before a kill -9 counts after it', async () => {
    await dev.killWorkerd()
    within(place(await third.status()), 0, 30, 62)
    within(place(await other.status()), 1, 30, 62)
    within(place(await fourth.status()), 2, 92, 124)
    within(place((await queue(`share ${F}`, 'U3')).answer.text), 2, 92, 124)
    assert.equal((await writes(dev)).length, 2)
  })

  test('one that waits is dropped by its asker and nobody else', async () => {
    assert.equal((await dev.say(`cancel ${third.id}`, { user: 'U2' })).outcome, 'refusal')
    assert.equal((await dev.say(`cancel ${third.id}`, { user: 'U1', channel: 'C2' })).outcome, 'refusal')
    const dropped = await dev.say(`cancel ${third.id.toLowerCase()}`, { user: 'U1' })
    assert.equal(dropped.outcome, 'information')
    assert.match(dropped.text, /Cancelled: share /)
    const { command, audit } = await dev.command(third.id)
    assert.deepEqual([command.state, command.attempts, command.answered_by], ['Cancelled', 0, 'slack:T1/U1'])
    assert.deepEqual(audit.map(({ event, who }) => [event, who]), [
      ['Admit', 'slack:T1/U1'], ['Refuse', 'slack:T1/U2'], ['Refuse', 'slack:T1/U1'], ['Cancel', 'slack:T1/U1'],
    ])
    within(place(await other.status()), 0, 30, 62)
    within(place(await fourth.status()), 2, 92, 124)
    assert.equal((await writes(dev)).length, 2)
  })
})

describe('the vendor throttles', () => {
  let dev
  before(async () => { dev = await Dev.start({ POLICY }) }, { timeout: 120_000 })
  after(() => dev?.stop())
  beforeEach(() => dev.reset())

  /** Says something and expects it to wait. */
  async function wait(words, user) {
    const delivery = dev.slack(words, { user })
    const answer = await dev.send(delivery)
    assert.equal(answer.outcome, 'waiting', answer.text)
    return { id: idOf(answer), text: answer.text, path: delivery.followUpPath }
  }

  test('all writes rest for as long as it says, also after a kill -9', async () => {
    await dev.faults({ next: 1, kind: 'throttle:6000', operation: WRITE })
    const throttled = await wait(`share ${A}`, 'U1')
    const another = await wait(`share ${B}`, 'U2')
    assert.match(another.text, /It is next in line, for about [56] s/)
    assert.equal((await dev.say('images cn-hangzhou', { user: 'U2' })).outcome, 'success', 'reads do not rest')
    assert.equal((await writes(dev)).length, 1)
    await dev.killWorkerd()
    const late = await wait(`share ${C}`, 'U3')
    for (const { path } of [throttled, another, late]) assert.equal((await dev.followUp(path)).outcome, 'success')
    const [first, ...later] = (await writes(dev)).map(({ time }) => Date.parse(time))
    assert.equal(later.length, 3)
    for (const time of later) assert.ok(time - first >= 6000, `${time - first} ms`)
  })

  test('then people are served in turn, whoever queued more', async () => {
    await dev.faults({ next: 1, kind: 'throttle:4500', operation: WRITE })
    const throttled = await wait(`share ${A}`, 'U3')
    const many = []
    for (const image of [B, C, D]) many.push(await wait(`share ${image}`, 'U1'))
    const one = await wait(`share ${E}`, 'U2')
    const commands = [throttled, ...many, one]
    for (const { path } of commands) assert.equal((await dev.followUp(path)).outcome, 'success')
    const began = (await dev.api('audit')).text.trim().split('\n').map(line => JSON.parse(line))
      .filter(({ event, command }) => event === 'Begin' && commands.some(({ id }) => id === command))
    const order = [throttled, throttled, many[0], one, many[1], many[2]]
    assert.deepEqual(began.map(({ command }) => command), order.map(({ id }) => id))
  })
})
