// workerd is killed where it hurts. What was accepted has exactly one effect and one final message all the same.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { Dev, IMAGE } from './harness.mjs'

let dev
before(async () => { dev = await Dev.start() }, { timeout: 120_000 })
after(() => dev?.stop())
beforeEach(() => dev.reset())

test('killed after an acceptance, while the call is under way', async () => {
  await dev.faults({ next: 1, kind: 'slow:6000' })
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  const answer = await dev.send(delivery)
  assert.equal(answer.outcome, 'waiting')
  await dev.killWorkerd()
  assert.equal((await dev.followUp(delivery.followUpPath)).outcome, 'success')
  assert.equal((await dev.effects()).length, 1)
  const again = await dev.send(delivery)
  assert.equal(again.outcome, 'success')
  assert.equal((await dev.effects()).length, 1)
})

test('killed between acceptance and answer, before the call has come back', async () => {
  await dev.faults({ next: 1, kind: 'slow:6000' })
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  const lost = dev.send(delivery).then(() => 'answered', () => 'lost')
  // The emulator writes a call down as it arrives, and answers it when the fault lets it.
  await dev.journalOf(1)
  await dev.killWorkerd()
  assert.equal(await lost, 'lost')
  assert.equal((await dev.followUp(delivery.followUpPath)).outcome, 'success')
  assert.equal((await dev.effects()).length, 1)
})

test('unreachable upstream: the command waits and succeeds when it is back', async () => {
  await dev.faults({ next: 3, kind: 'reset' })
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  assert.equal((await dev.send(delivery)).outcome, 'waiting')
  assert.equal((await dev.followUp(delivery.followUpPath)).outcome, 'success')
  assert.equal((await dev.effects()).length, 1)
})
