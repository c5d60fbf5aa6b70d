// What every platform must do, end to end. A platform's own test says how it is spoken to and adds what only it has.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { Dev, IMAGE, SHARED_IMAGE } from './harness.mjs'

export const random = () => randomBytes(8).toString('hex')
const modified = entries => entries.filter(entry => entry.operation === 'ModifyImageShareStatus')
const code = text => text.match(/confirm ([0-9A-Z]{12})/)?.[1]

/**
 * Registers the tests. Of the platform:
 * - `name`, `secrets`: as configured
 * - `delivery(dev, text, { user })`: a signed delivery; `messages` is the path its messages are sent to, if any
 * - `text(message)`: what people read of a message
 * - `inResponse`: whether the answer is the response; else it is the first message
 * - `asks`: whether every write wants a confirmation
 * - `forged(dev, text)`: deliveries that must be refused, by the reason in the log
 */
export function plays(platform) {
  const play = { platform }
  before(async () => {
    // What goes to the platform's own host comes here.
    const prepare = dev => {
      dev.secrets.FOLLOW_UP_ENDPOINT = dev.followUpUrl
      if (platform.answer) dev.followUpAnswer = platform.answer
    }
    play.dev = await Dev.start(platform.secrets, { prepare })
  }, { timeout: 120_000 })
  after(() => play.dev?.stop())
  beforeEach(() => play.dev.reset())

  play.message = ({ outcome, body }) => ({ outcome, text: platform.text(body), body })

  /** Delivers and gives the first answer, in whichever way it comes: the `nth` to this delivery. */
  play.deliver = async (delivery, nth = 1) => {
    const answer = await play.dev.send(delivery)
    assert.equal(answer.status, 200, answer.text)
    if (delivery.inResponse ?? platform.inResponse) {
      return { outcome: answer.outcome, text: platform.text(answer.json), body: answer.json }
    }
    assert.equal(answer.text, '', 'an acknowledgement says nothing')
    return play.message((await play.dev.messages(delivery.messages, nth))[nth - 1])
  }
  play.say = (text, options) => play.deliver(platform.delivery(play.dev, text, options))

  /** Says it and, where it is asked, confirms it by typing; gives the last answer. */
  play.act = async (text, options) => {
    const answer = await play.say(text, options)
    const asked = code(answer.text)
    return asked ? play.say(`confirm ${asked}`, options) : answer
  }

  test('help', async () => {
    for (const text of ['help', '']) {
      const answer = await play.say(text)
      assert.equal(answer.outcome, 'information')
      for (const word of ['share', 'unshare', 'images']) assert.ok(answer.text.includes(word), answer.text)
    }
    assert.deepEqual(await play.dev.journal(), [])
  })

  test('share', async () => {
    const answer = await play.say(`share ${IMAGE} cn-hangzhou`)
    if (platform.asks) {
      assert.equal(answer.outcome, 'waiting')
      assert.deepEqual(await play.dev.effects(), [], 'nothing before it is confirmed')
    }
    const done = platform.asks ? await play.say(`confirm ${code(answer.text)}`) : answer
    assert.equal(done.outcome, 'success', done.text)
    const [entry] = modified(await play.dev.journal())
    assert.ok(done.text.includes(entry.request_id), done.text)
    assert.deepEqual(await play.dev.effects(), [{ image: IMAGE, from: false, to: true }])
  })

  test('the same delivery again acts once', async () => {
    const delivery = platform.delivery(play.dev, `share ${IMAGE} cn-hangzhou`)
    const first = await play.deliver(delivery)
    const second = await play.deliver(delivery, 2)
    assert.equal(second.outcome, first.outcome)
    if (!platform.asks) {
      assert.equal(second.text, first.text)
    } else {
      // A code is told once: the second answer has another one, and the first is worth nothing any more.
      assert.notEqual(code(second.text), code(first.text))
      assert.equal((await play.say(`confirm ${code(first.text)}`)).outcome, 'refusal')
      const confirmation = platform.delivery(play.dev, `confirm ${code(second.text)}`)
      const done = await play.deliver(confirmation)
      assert.equal(done.outcome, 'success')
      assert.equal((await play.deliver(confirmation, 2)).text, done.text)
    }
    assert.equal(modified(await play.dev.journal()).length, 1)
    assert.equal((await play.dev.effects()).length, 1)
  })

  test('unshare is confirmed by typing its code, by nobody else', async () => {
    const asked = await play.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
    assert.equal(asked.outcome, 'waiting')
    assert.deepEqual(await play.dev.effects(), [])
    assert.equal((await play.say(`confirm ${code(asked.text)}`, { user: 'U1' })).outcome, 'refusal')
    const done = await play.say(`confirm ${code(asked.text)}`, { user: 'U2' })
    assert.equal(done.outcome, 'success', done.text)
    assert.deepEqual(await play.dev.effects(), [{ image: SHARED_IMAGE, from: true, to: false }])
  })

  test('who is in no rule is told the id to put into one', async () => {
    const answer = await play.say(`share ${IMAGE} cn-hangzhou`, { user: 'U9' })
    assert.equal(answer.outcome, 'refusal')
    assert.ok(answer.text.includes(`${platform.name}:T1/U9`), answer.text)
    assert.deepEqual(await play.dev.journal(), [])
  })

  test('the vendor fails, and the result follows', async () => {
    const confirmed = async () => {
      const text = `share ${IMAGE} cn-hangzhou`
      return platform.asks ? `confirm ${code((await play.say(text)).text)}` : text
    }
    const delivery = platform.delivery(play.dev, await confirmed())
    // The look beforehand, and the first call.
    await play.dev.faults({ next: 2, kind: 'status:500' })
    const accepted = await play.deliver(delivery)
    assert.equal(accepted.outcome, 'waiting', accepted.text)
    if (delivery.messages) {
      const nth = (delivery.inResponse ?? platform.inResponse) ? 1 : 2
      const result = play.message((await play.dev.messages(delivery.messages, nth))[nth - 1])
      assert.equal(result.outcome, 'success')
    } else {
      const [, id] = accepted.text.match(/Command: ([0-9A-Z]{12})/)
      assert.ok(accepted.text.includes(`status ${id}`), 'no message can follow: the answer says how to ask')
      await play.dev.journalOf(4)
      let shown
      do shown = await play.say(`status ${id}`); while (shown.outcome === 'waiting')
      assert.equal(shown.outcome, 'success')
    }
    assert.deepEqual(modified(await play.dev.journal()).map(entry => entry.verdict.status), [500, 200])
    assert.equal((await play.dev.effects()).length, 1)
  })

  test('the vendor refuses, and its code is told', async () => {
    const answer = await play.act('share m-bp1e79zktg26n2b9999 cn-hangzhou')
    assert.equal(answer.outcome, 'failure')
    assert.ok(answer.text.includes('InvalidImageId.NotFound'), answer.text)
  })

  test('a forged delivery is one plain 401, and the log says why', async () => {
    for (const [reason, delivery] of platform.forged(play.dev, `share ${IMAGE} cn-hangzhou`)) {
      const answer = await play.dev.send(delivery)
      assert.deepEqual([answer.status, answer.text], [401, 'unauthorised'], reason)
      await play.dev.logged({ event: 'refused', platform: platform.name, reason })
    }
    assert.deepEqual(await play.dev.journal(), [])
  })

  test('no secret has reached the log', () => {
    const log = play.dev.log.all() + play.dev.out.all()
    const secrets = Object.entries(play.dev.secrets).filter(([name]) => name !== 'FOLLOW_UP_ENDPOINT')
    for (const [name, secret] of secrets) assert.ok(!log.includes(secret), name)
  })
  return play
}
