// What every platform must do, end to end. A platform's own test says how it is spoken to and adds what only it has.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { Dev, IMAGE, SHARED_IMAGE } from './harness.mjs'

export const random = () => randomBytes(8).toString('hex')
const modified = entries => entries.filter(entry => entry.operation === 'ModifyImageShareStatus')
const code = text => text.match(/confirm ([0-9A-Z]{12})/)?.[1]

/** So many seconds after, or before, this one. */
export const later = seconds => Math.floor(Date.now() / 1000) + seconds

/** A delivery without one of its headers. */
export const without = (delivery, name) =>
  ({ ...delivery, headers: Object.fromEntries(Object.entries(delivery.headers).filter(([key]) => key !== name)) })

/** Another digit or letter in the place of one; what is signed stays of its form. */
const other = c => c === '1' ? '2' : c === 'a' ? 'b' : /\d/.test(c) ? '1' : 'a'
const replaced = (text, at) => text.slice(0, at) + other(text[at]) + text.slice(at + 1)

/** The delivery with another value of a header: of a time its last digit, else what stands in the middle. */
function altered(delivery, name) {
  const value = delivery.headers[name]
  const plain = [...value.matchAll(/[0-9A-Za-z]/g)].map(({ index }) => index).filter(at => at > value.length / 2)
  const at = /^\d+$/.test(value) ? value.length - 1 : plain[0]
  return { ...delivery, headers: { ...delivery.headers, [name]: replaced(value, at) } }
}

/** Bodies that differ from this one in a byte, of every class there is. */
function alteredBodies(body) {
  const at = pattern => body.search(pattern)
  const put = (where, text) => body.slice(0, where) + text + body.slice(where)
  return {
    'another letter': replaced(body, at(/[a-z]/)),
    'another digit': replaced(body, at(/\d/)),
    'other punctuation': body.replace(/[:=]/, ';'),
    'white space more': put(1, ' '),
    'a line break at the end': `${body}\n`,
    'a byte beyond ASCII': put(at(/[a-z]/), 'é'),
    'a byte of zero': put(at(/[a-z]/), '\0'),
    'a byte less': body.slice(0, -1),
    'the other case': body.replace(/[a-z]/, c => c.toUpperCase()),
    'no byte at all': '',
  }
}

/**
 * What must be refused of every platform, by what is done to a good delivery: each with the reason in the log.
 * Tokens and times prove nothing of the body, and are altered themselves.
 */
function forgeries(platform, dev, text) {
  const good = platform.delivery(dev, text)
  const [first] = platform.signed
  const bodies = platform.bodyIsSigned ? Object.entries(alteredBodies(good.body)) : []
  const { headers, body } = platform.name === 'standard' ? dev.slack(text) : dev.standard({ command: text })
  return [
    ...platform.signed.map(name => [`without ${name}`, `MissingHeader("${name}")`, without(platform.bare?.(good) ?? good, name)]),
    ...platform.signed.map(name => [`another ${name}`, 'SignatureMismatch', altered(good, name)]),
    ...bodies.map(([what, body]) => [what, 'SignatureMismatch', { ...good, body }]),
    ['another platform\'s', `MissingHeader("${first}")`, { path: good.path, headers, body }],
    ...platform.forged(dev, text),
  ]
}

/** A second may pass until a delivery arrives, or some. */
function sameReason(reason, expected, what) {
  const number = text => Number(text.match(/\d+(?= })/)?.[0] ?? 0)
  assert.equal(reason.replace(/\d+(?= })/, '…'), expected.replace(/\d+(?= })/, '…'), what)
  assert.ok(Math.abs(number(reason) - number(expected)) < 10, `${what}: ${reason}`)
}

/**
 * Registers the tests. Of the platform:
 * - `name`, `secrets`: as configured
 * - `delivery(dev, text, { user })`: a signed delivery; `messages` is the path its messages are sent to, if any, and
 *   `acknowledged` what the response says where the answer is a message
 * - `person(user)`: who that is, as written in a policy
 * - `text(message)`: what people read of a message
 * - `inResponse`: whether the answer is the response; else it is the first message
 * - `asks`: whether every write wants a confirmation
 * - `deadline`: milliseconds that the platform waits, where nothing here takes longer otherwise
 * - `signed`: the headers that prove it, the first the one looked for first; `bodyIsSigned`; `bare(delivery)`: without what
 *   takes their place
 * - `forged(dev, text)`: more that must be refused: name, reason in the log, delivery
 * - `odd(dev)`: what is genuine and no command, by name; `quiet`: the answer to that
 * - `malformed(dev)`: what is genuine and has not the documented form, each with the part; `unreadable(part)`: the answer, if
 *   it is not `quiet`
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
    assert.equal(answer.text, delivery.acknowledged ?? '')
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
    assert.ok(answer.text.includes(platform.person?.('U9') ?? `${platform.name}:T1/U9`), answer.text)
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
    play.dev.log.forget()
    for (const [what, reason, delivery] of forgeries(platform, play.dev, `share ${IMAGE} cn-hangzhou`)) {
      const answer = await play.dev.send(delivery)
      assert.deepEqual([answer.status, answer.text, answer.outcome], [401, 'unauthorised', null], what)
      const [line] = await play.dev.logged({ event: 'refused', platform: platform.name })
      sameReason(JSON.parse(line.slice(line.indexOf('{'))).reason, reason, what)
    }
    assert.deepEqual(await play.dev.journal(), [])
  })

  if (platform.odd) {
    test('what is genuine and no command is acknowledged, and nothing else', async () => {
      for (const [what, delivery] of Object.entries(platform.odd(play.dev))) {
        const answer = await play.dev.send(delivery)
        const quiet = delivery.quiet ?? platform.quiet ?? ''
        assert.deepEqual([answer.status, answer.text, answer.outcome], [200, quiet, null], what)
      }
      assert.deepEqual(await play.dev.journal(), [])
    })
  }

  if (platform.malformed) {
    test('what is genuine and malformed is told in the log, and never sent again', async () => {
      play.dev.log.forget()
      for (const [part, delivery] of platform.malformed(play.dev)) {
        const answer = await play.dev.send(delivery)
        const quiet = platform.unreadable?.(part) ?? platform.quiet ?? ''
        assert.deepEqual([answer.status, answer.text, answer.outcome], [200, quiet, 'refusal'], part)
        await play.dev.logged({ event: 'refused', platform: platform.name, reason: `MalformedBody("${part}")` })
      }
      assert.deepEqual(await play.dev.journal(), [])
    })
  }

  test('four thousand emoji are no command, and no trouble', async () => {
    const answer = await play.say('😀'.repeat(4000))
    assert.equal(answer.outcome, 'refusal')
    assert.ok(answer.text.includes('😀'), answer.text)
    assert.deepEqual(await play.dev.journal(), [])
  })

  if (platform.deadline) {
    test('a vendor that takes long is not waited for longer than the platform waits', async () => {
      const text = `share ${IMAGE} cn-hangzhou`
      const said = platform.asks ? `confirm ${code((await play.say(text)).text)}` : text
      await play.dev.faults({ next: 1, kind: `slow:${platform.deadline + 1000}` })
      const asked = performance.now()
      const answer = await play.deliver(platform.delivery(play.dev, said))
      const took = performance.now() - asked
      assert.equal(answer.outcome, 'waiting', answer.text)
      assert.ok(took < platform.deadline, `answered after ${Math.round(took)} ms`)
      await play.dev.journalOf(3)
      assert.equal((await play.dev.effects()).length, 1)
    })
  }

  test('no secret has reached the log', () => {
    const log = play.dev.log.all() + play.dev.out.all()
    const secrets = Object.entries(play.dev.secrets).filter(([name]) => name !== 'FOLLOW_UP_ENDPOINT')
    for (const [name, secret] of secrets) assert.ok(!log.includes(secret), name)
  })
  return play
}
