// A clock that is off is learned from the vendor's answers, and a signature that does not fit is diagnosed.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Dev, IMAGE, SHARED_IMAGE } from './harness.mjs'

const MINUTES = 60_000
const EXPIRED = 'InvalidTimeStamp.Expired'

/** Operation and verdict of every call. */
const calls = async dev => (await dev.journal()).map(({ operation, verdict }) => `${operation} ${verdict.code ?? verdict.status}`)

describe('the clock', () => {
  let dev
  before(async () => { dev = await Dev.start() }, { timeout: 120_000 })
  after(() => dev?.stop())
  beforeEach(() => dev.reset())

  for (const offset of [20, -20]) {
    test(`${Math.abs(offset)} minutes ${offset < 0 ? 'behind' : 'ahead'}: one call more, and from then on none`, async () => {
      await dev.control('clock', { offset_ms: offset * MINUTES })
      const first = await dev.say(`share ${IMAGE} cn-hangzhou`)
      assert.equal(first.outcome, 'success')
      assert.deepEqual(await calls(dev), [
        `ListCustomImages ${EXPIRED}`, 'ModifyImageShareStatus 200', 'ListCustomImages 200',
      ])
      assert.deepEqual(await dev.effects(), [{ image: IMAGE, from: false, to: true }])
      const second = await dev.say(`unshare ${SHARED_IMAGE} cn-hangzhou`)
      assert.equal(second.outcome, 'success')
      assert.deepEqual((await calls(dev)).slice(3), [
        'ListCustomImages 200', 'ModifyImageShareStatus 200', 'ListCustomImages 200',
      ])
      const { command, audit } = await dev.command(first.text.match(/Command\W+([0-9A-Z]{12})/)[1])
      assert.deepEqual([command.state, command.attempts, command.code], ['Succeeded', 2, null])
      assert.deepEqual(audit.filter(({ event }) => event === 'Defer').map(({ outcome }) => outcome), [EXPIRED])
    })
  }

  /** Sets the emulator's clock, lets the Worker learn it, and gives what is called from then on. */
  async function learn(offset) {
    await dev.control('clock', { offset_ms: offset * MINUTES })
    assert.equal((await dev.say('regions')).outcome, 'success')
    const { length } = await dev.journal()
    return async () => (await calls(dev)).slice(length)
  }

  test('a clock that is off by less than the vendor minds is learned as well', async () => {
    await learn(0)
    const since = await learn(10)
    await dev.control('clock', { offset_ms: 24 * MINUTES })
    assert.equal((await dev.say('regions')).outcome, 'success')
    assert.deepEqual(await since(), ['ListRegions 200'])
  })

  test('a read is signed anew as well', async () => {
    const since = await learn(20)
    await dev.control('clock', { offset_ms: 0 })
    assert.equal((await dev.say('regions')).outcome, 'success')
    assert.deepEqual(await since(), [`ListRegions ${EXPIRED}`, 'ListRegions 200'])
  })

  test('killed while the call signed anew is under way: it succeeds', async () => {
    const since = await learn(0)
    await dev.control('clock', { offset_ms: 20 * MINUTES })
    await dev.faults({ next: 1, kind: 'timeout', operation: 'ModifyImageShareStatus' })
    const { length } = await dev.journal()
    const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
    const lost = dev.send(delivery).catch(() => null)
    await dev.journalOf(length + 2)
    await dev.killWorkerd()
    assert.equal(await lost, null)
    assert.equal((await dev.followUp(delivery.followUpPath)).outcome, 'success')
    assert.deepEqual(await since(), [
      `ListCustomImages ${EXPIRED}`, 'ModifyImageShareStatus null', 'ModifyImageShareStatus 200', 'ListCustomImages 200',
    ])
  })
})

for (const scheme of ['acs3', 'rpc']) {
  test(`a secret that does not belong to the key id is diagnosed, without a value (${scheme})`, async () => {
    const wrong = 'thisIsNotTheSecret0123456789'
    const dev = await Dev.start({ ALIBABA_CLOUD_ACCESS_KEY_SECRET: wrong, SIGNATURE_SCHEME: scheme })
    try {
      const answer = await dev.say(`share ${IMAGE} cn-hangzhou`)
      assert.equal(answer.outcome, 'failure')
      assert.ok(answer.text.includes('SignatureDoesNotMatch'), answer.text)
      assert.deepEqual(await calls(dev), [
        'ListCustomImages SignatureDoesNotMatch', 'ModifyImageShareStatus SignatureDoesNotMatch',
      ])
      for (const entry of await dev.journal()) {
        const [line] = await dev.logged({ event: 'signature refused' })
        const { command, time, ...rest } = JSON.parse(line.slice(line.indexOf('{')))
        assert.match(command, /^[0-9A-Z]{12}$/)
        assert.equal(typeof time, 'number')
        const diagnosis = 'both signed the same text: ALIBABA_CLOUD_ACCESS_KEY_SECRET does not belong to the key id'
        assert.deepEqual(rest, { event: 'signature refused', diagnosis }, entry.operation)
      }
      // The text that was signed begins with its scheme; none of it is told or logged.
      const said = answer.text + dev.log.all()
      for (const word of [wrong, 'ACS3-HMAC', 'SignatureNonce', 'x-acs-']) assert.ok(!said.includes(word), word)
    } finally {
      await dev.stop()
    }
  })
}
