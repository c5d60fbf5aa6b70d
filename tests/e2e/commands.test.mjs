// The whole way of a command under workerd, with the emulator checking every signature. Nothing in between is replaced.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { Dev, IMAGE, SHARED_IMAGE } from './harness.mjs'

let dev
before(async () => { dev = await Dev.start() }, { timeout: 120_000 })
after(() => dev?.stop())
beforeEach(() => dev.reset())

const REQUEST_ID = /[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}/
const modified = entries => entries.filter(entry => entry.operation === 'ModifyImageShareStatus')

test('share answers with the vendor\'s RequestId and has one effect', async () => {
  const answer = await dev.say(`share ${IMAGE} cn-hangzhou`)
  assert.equal(answer.status, 200)
  assert.equal(answer.outcome, 'success')
  assert.equal(answer.json.response_type, 'in_channel')
  assert.match(answer.text, REQUEST_ID)
  assert.ok(answer.text.includes('Confirmed'), answer.text)
  const entries = await dev.journal()
  const order = ['ListCustomImages', 'ModifyImageShareStatus', 'ListCustomImages']
  assert.deepEqual(entries.map(entry => entry.operation), order, 'a look, the operation, a look')
  const [entry] = modified(entries)
  assert.ok(answer.text.includes(entry.request_id))
  assert.deepEqual(entry.effect, { image: IMAGE, from: false, to: true })
  assert.match(entry.client_token, /^[0-9a-f-]{36}$/)
})

test('unshare takes it back', async () => {
  const answer = await dev.say(`unshare ${SHARED_IMAGE} cn-hangzhou`)
  assert.equal(answer.outcome, 'success')
  assert.deepEqual(await dev.effects(), [{ image: SHARED_IMAGE, from: true, to: false }])
})

test('the default region fills in, and a region is recognised wherever it stands', async () => {
  assert.equal((await dev.say(`share ${IMAGE}`)).outcome, 'success')
  assert.equal((await dev.say(`unshare cn-hangzhou ${IMAGE}`)).outcome, 'success')
  assert.deepEqual(await dev.effects(), [{ image: IMAGE, from: false, to: true }, { image: IMAGE, from: true, to: false }])
})

test('images and regions are listed', async () => {
  const images = await dev.say('images cn-hangzhou')
  assert.equal(images.outcome, 'success')
  assert.ok(images.text.includes(IMAGE) && images.text.includes(SHARED_IMAGE))
  const regions = await dev.say('regions')
  assert.equal(regions.outcome, 'success')
  assert.ok(regions.text.includes('cn-wulanchabu') && regions.text.includes('me-central-1'))
  assert.ok(regions.text.includes('China (Hangzhou)'))
  assert.deepEqual(await dev.effects(), [])
})

test('any served operation is a command by its own name', async () => {
  const answer = await dev.say(`DeleteCustomImage RegionId=cn-hangzhou ImageId=${SHARED_IMAGE}`)
  assert.equal(answer.outcome, 'failure')
  assert.ok(answer.text.includes('CustomImageInShare'), answer.text)
})

test('an unknown image fails with the vendor\'s code', async () => {
  const answer = await dev.say('share m-bp1e79zktg26n2b9999 cn-hangzhou')
  assert.equal(answer.status, 200)
  assert.equal(answer.outcome, 'failure')
  assert.ok(answer.text.includes('InvalidImageId.NotFound'))
  assert.match(answer.text, REQUEST_ID)
  assert.equal(modified(await dev.journal()).length, 1)
})

test('an illegal operation is refused before anything is sent, naming parameter and values', async () => {
  const answer = await dev.say(`ModifyImageShareStatus RegionId=cn-hangzhou ImageId=${IMAGE} Operation=share`)
  assert.equal(answer.outcome, 'refusal')
  for (const word of ['Operation', 'Share', 'UnShare']) assert.ok(answer.text.includes(word), answer.text)
  assert.deepEqual(await dev.journal(), [])
})

test('wrong words get the usage line and the nearest command', async () => {
  const misspelt = await dev.say('shrae m-1')
  assert.equal(misspelt.outcome, 'refusal')
  assert.equal(misspelt.json.response_type, 'ephemeral')
  assert.ok(misspelt.text.includes('ImageId'), misspelt.text)
  const incomplete = await dev.say('share')
  assert.equal(incomplete.outcome, 'refusal')
  assert.ok(incomplete.text.includes('ImageId'), incomplete.text)
  const region = await dev.say(`share ${IMAGE} cn-hangzou`)
  assert.equal(region.outcome, 'refusal')
  assert.ok(region.text.includes('cn-hangzhou'), region.text)
  const help = await dev.say('')
  assert.equal(help.outcome, 'information')
  assert.ok(help.text.includes('unshare'))
  assert.deepEqual(await dev.journal(), [])
})

test('the same delivery three times acts once and answers the same', async () => {
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  const answers = [await dev.send(delivery), await dev.send(delivery), await dev.send(delivery)]
  assert.deepEqual(answers.map(answer => answer.outcome), ['success', 'success', 'success'])
  assert.equal(answers[1].text, answers[0].text)
  assert.equal(answers[2].text, answers[0].text)
  assert.equal(modified(await dev.journal()).length, 1)
})

test('the same delivery at the same time acts once', async () => {
  await dev.faults({ next: 1, kind: 'slow:500' })
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  const answers = await Promise.all([dev.send(delivery), dev.send(delivery), dev.send(delivery)])
  assert.ok(answers.every(answer => answer.status === 200))
  await dev.journalOf(3)
  assert.equal((await dev.effects()).length, 1)
  assert.equal(modified(await dev.journal()).length, 1)
})

const commandId = answer => answer.text.match(/Command\W+([0-9A-HJKMNP-TV-Z]{12})/)[1]

test('the same words typed twice are two commands, and the second finds that nothing needs to be done', async () => {
  const first = await dev.say(`share ${IMAGE} cn-hangzhou`)
  const second = await dev.say(`share ${IMAGE} cn-hangzhou`)
  assert.notEqual(commandId(first), commandId(second))
  assert.equal(second.outcome, 'success')
  assert.ok(second.text.includes('It was so already'), second.text)
  assert.equal(modified(await dev.journal()).length, 1)
  assert.equal((await dev.api(`commands/${commandId(second)}`)).json.command.seen, 'AlreadyThere')
})

test('forged, altered, stale and future deliveries are one plain 401', async () => {
  const words = `share ${IMAGE} cn-hangzhou`
  const seconds = Math.floor(Date.now() / 1000)
  const altered = dev.slack(words)
  altered.body = altered.body.replace('T1', 'T2')
  const unsigned = dev.slack(words)
  delete unsigned.headers['x-slack-signature']
  const restamped = dev.slack(words)
  restamped.headers['x-slack-request-timestamp'] = String(seconds + 1)
  const deliveries = {
    forged: dev.slack(words, { secret: 'another' }),
    altered,
    unsigned,
    restamped,
    stale: dev.slack(words, { now: seconds - 310 }),
    future: dev.slack(words, { now: seconds + 310 }),
    'standard, forged': dev.standard({ command: words }, { secret: `whsec_${Buffer.alloc(32).toString('base64')}` }),
    'standard, stale': dev.standard({ command: words }, { now: new Date(Date.now() - 310_000) }),
    'standard, future': dev.standard({ command: words }, { now: new Date(Date.now() + 310_000) }),
    'slack at standard': { ...dev.slack(words), path: '/hooks/standard' },
  }
  for (const [name, delivery] of Object.entries(deliveries)) {
    const answer = await dev.send(delivery)
    assert.equal(answer.status, 401, name)
    assert.equal(answer.text, 'unauthorised', name)
  }
  assert.deepEqual(await dev.journal(), [])
})

test('people and places without a rule are told what is missing, and nothing is sent', async () => {
  const stranger = await dev.say(`share ${IMAGE} cn-hangzhou`, { user: 'U404' })
  assert.equal(stranger.status, 200)
  assert.equal(stranger.outcome, 'refusal')
  assert.equal(stranger.json.response_type, 'ephemeral')
  assert.ok(stranger.text.includes('slack:T1/U404'), stranger.text)
  const elsewhere = await dev.say(`share ${IMAGE} cn-hangzhou`, { channel: 'C404' })
  assert.equal(elsewhere.outcome, 'refusal')
  assert.ok(elsewhere.text.includes('slack:T1/C404'), elsewhere.text)
  assert.deepEqual(await dev.journal(), [])
})

test('a standard webhook runs a command and an operation', async () => {
  const command = await dev.send(dev.standard({ command: `share ${IMAGE} cn-hangzhou` }))
  assert.equal(command.status, 200)
  assert.equal(command.outcome, 'success')
  assert.match(command.text, REQUEST_ID)
  const parameters = { RegionId: 'cn-hangzhou', ImageId: IMAGE, Operation: 'UnShare' }
  const operation = await dev.send(dev.standard({ operation: 'ModifyImageShareStatus', parameters }))
  assert.equal(operation.outcome, 'success')
  const repeated = dev.standard({ command: `share ${IMAGE} cn-hangzhou` }, { id: 'msg_repeated' })
  await dev.send(repeated)
  await dev.send(dev.standard({ command: `share ${IMAGE} cn-hangzhou` }, { id: 'msg_repeated' }))
  assert.deepEqual(modified(await dev.journal()).map(entry => entry.effect?.to ?? null), [true, false, true])
})

test('a risky request waits for its code, from the asker, here, once', async () => {
  const asked = await dev.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
  assert.equal(asked.outcome, 'waiting')
  assert.deepEqual(await dev.journal(), [])
  const code = asked.text.match(/confirm ([0-9A-Z]{12})/)[1]
  assert.equal((await dev.say(`confirm ${code}`, { user: 'U1' })).outcome, 'refusal')
  assert.equal((await dev.say(`confirm ${code}`, { user: 'U2', channel: 'C2' })).outcome, 'refusal')
  assert.equal((await dev.say('confirm 000000000000', { user: 'U2' })).outcome, 'refusal')
  assert.deepEqual(await dev.journal(), [])
  assert.equal((await dev.say(`confirm ${code.toLowerCase()}`, { user: 'U2' })).outcome, 'success')
  assert.equal((await dev.say(`confirm ${code}`, { user: 'U2' })).outcome, 'refusal')
  assert.deepEqual(await dev.effects(), [{ image: SHARED_IMAGE, from: true, to: false }])
})

test('a risky request is taken back', async () => {
  const asked = await dev.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
  const code = asked.text.match(/cancel ([0-9A-Z]{12})/)[1]
  assert.equal((await dev.say(`cancel ${code}`, { user: 'U2' })).outcome, 'information')
  assert.equal((await dev.say(`confirm ${code}`, { user: 'U2' })).outcome, 'refusal')
  assert.deepEqual(await dev.journal(), [])
})

test('an upstream 500 is tried again with the same client token, another nonce and another time', async () => {
  // The look beforehand, and the first call.
  await dev.faults({ next: 2, kind: 'status:500' })
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  const answer = await dev.send(delivery)
  assert.equal(answer.outcome, 'waiting')
  const followUp = await dev.followUp(delivery.followUpPath)
  assert.equal(followUp.outcome, 'success')
  const entries = modified(await dev.journal())
  assert.deepEqual(entries.map(entry => entry.verdict.status), [500, 200])
  assert.equal(entries[1].client_token, entries[0].client_token)
  assert.equal((await dev.effects()).length, 1)
})

test('throttling is obeyed and the command succeeds afterwards', async () => {
  await dev.faults({ next: 2, kind: 'throttle' })
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  assert.equal((await dev.send(delivery)).outcome, 'waiting')
  assert.equal((await dev.followUp(delivery.followUpPath)).outcome, 'success')
  assert.equal((await dev.effects()).length, 1)
})

test('an effect whose answer is lost is not repeated', async () => {
  // The look beforehand has no effect to lose.
  await dev.faults({ next: 2, kind: 'after-effect:reset' })
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  assert.equal((await dev.send(delivery)).outcome, 'waiting')
  assert.equal((await dev.followUp(delivery.followUpPath)).outcome, 'success')
  const entries = modified(await dev.journal())
  assert.equal(entries.length, 2)
  assert.equal(entries.filter(entry => entry.effect).length, 1)
})

test('a follow-up that does not arrive is sent again', async () => {
  await dev.faults({ next: 1, kind: 'slow:3000' })
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  dev.followUpStatus = 503
  try {
    assert.equal((await dev.send(delivery)).outcome, 'waiting')
    await dev.journalOf(1)
    await dev.log.next(/"outcome":"later"/)
  } finally {
    dev.followUpStatus = 200
  }
  assert.equal((await dev.followUp(delivery.followUpPath)).outcome, 'success')
})

test('commands on one image keep their order', async () => {
  await dev.faults({ next: 1, kind: 'status:500' })
  const share = dev.slack(`share ${IMAGE} cn-hangzhou`)
  assert.equal((await dev.send(share)).outcome, 'waiting')
  const unshare = dev.slack(`unshare ${IMAGE} cn-hangzhou`)
  const queued = await dev.send(unshare)
  assert.equal(queued.outcome, 'waiting')
  assert.ok(queued.text.includes('An earlier command on the same thing comes first'), queued.text)
  assert.equal((await dev.say(`share ${SHARED_IMAGE} cn-hangzhou`)).outcome, 'success', 'another image does not wait')
  assert.equal((await dev.followUp(share.followUpPath)).outcome, 'success')
  assert.equal((await dev.followUp(unshare.followUpPath)).outcome, 'success')
  const effects = (await dev.effects()).filter(effect => effect.image === IMAGE)
  assert.deepEqual(effects.map(effect => effect.to), [true, false])
})

test('an answer whose receiver has left becomes a follow-up', async () => {
  await dev.faults({ next: 1, kind: 'slow:1200' })
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  const socket = await dev.open(delivery)
  await dev.journalOf(1)
  // A reset, which a server notices at once; a mere close looks like the end of what is sent.
  socket.resetAndDestroy()
  assert.equal((await dev.followUp(delivery.followUpPath)).outcome, 'success')
})

test('an answer that went out is not repeated as a follow-up', async () => {
  const answered = dev.slack(`share ${IMAGE} cn-hangzhou`)
  assert.equal((await dev.send(answered)).outcome, 'success')
  // Who is asked twice has been promised nothing.
  const asked = dev.slack(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
  await dev.send(asked)
  const [, code] = (await dev.send(asked)).text.match(/confirm ([0-9A-Z]{12})/)
  const confirmed = dev.slack(`confirm ${code}`, { user: 'U2' })
  assert.equal((await dev.send(confirmed)).outcome, 'success')
  // A later command's follow-up is due after the first one's would have been.
  await dev.faults({ next: 1, kind: 'slow:7000' })
  const followed = dev.slack(`unshare ${IMAGE} cn-hangzhou`)
  assert.equal((await dev.send(followed)).outcome, 'waiting')
  await dev.followUp(followed.followUpPath)
  const paths = [answered, asked, confirmed].map(({ followUpPath }) => followUpPath)
  assert.ok(!dev.followUps.some(({ path }) => paths.includes(path)))
})

test('a result promised to a second delivery follows, whoever got the first answer', async () => {
  await dev.faults({ next: 1, kind: 'slow:1000' })
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  const first = dev.send(delivery)
  await dev.journalOf(1)
  assert.equal((await dev.send(delivery)).outcome, 'waiting')
  assert.equal((await first).outcome, 'success')
  assert.equal((await dev.followUp(delivery.followUpPath)).outcome, 'success')
  assert.equal((await dev.effects()).length, 1)
})

test('a delivery id used for another command is refused', async () => {
  const id = 'msg_taken'
  assert.equal((await dev.send(dev.standard({ command: 'regions' }, { id }))).outcome, 'success')
  const other = await dev.send(dev.standard({ command: `share ${IMAGE} cn-hangzhou` }, { id }))
  assert.equal(other.outcome, 'refusal')
  const actor = { organisation: 'o', person: 'mallory' }
  assert.equal((await dev.send(dev.standard({ command: 'regions', actor }, { id }))).outcome, 'refusal')
  assert.deepEqual(await dev.effects(), [])
})

test('a question and its answer may both be delivered twice', async () => {
  const asked = dev.slack(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
  const code = answer => answer.text.match(/confirm ([0-9A-Z]{12})/)[1]
  const first = code(await dev.send(asked))
  const second = code(await dev.send(asked))
  assert.notEqual(first, second)
  assert.equal((await dev.say(`confirm ${first}`, { user: 'U2' })).outcome, 'refusal')
  const confirmed = dev.slack(`confirm ${second}`, { user: 'U2' })
  const answer = await dev.send(confirmed)
  assert.equal(answer.outcome, 'success')
  assert.equal((await dev.send(confirmed)).text, answer.text)
  assert.equal((await dev.effects()).length, 1)
})

test('a body without a declared length is read no further than it may be', async () => {
  const post = body => fetch(`${dev.url}/hooks/slack`, { method: 'POST', body, duplex: 'half' })
  const chunks = count => new ReadableStream({
    pull: controller => count-- > 0 ? controller.enqueue(new Uint8Array(16_384)) : controller.close(),
  })
  assert.equal((await post(chunks(4))).status, 401, 'exactly as much as is read')
  assert.equal((await post(chunks(5))).status, 413)
})

test('status shows a command to its owner only', async () => {
  const answer = await dev.say(`share ${IMAGE} cn-hangzhou`)
  const id = commandId(answer)
  const shown = await dev.say(`status ${id.toLowerCase()}`)
  assert.equal(shown.outcome, 'success')
  assert.ok(shown.text.includes(IMAGE))
  assert.equal((await dev.say(`status ${id}`, { user: 'U2' })).outcome, 'refusal')
  const latest = await dev.say('status')
  assert.equal(latest.outcome, 'information')
  assert.ok(latest.text.includes(id))
})

test('other addresses, methods and sizes', async () => {
  const post = (path, body = '') => fetch(dev.url + path, { method: 'POST', body }).then(answer => answer.status)
  assert.equal(await post('/hooks/nobody'), 404)
  assert.equal(await post('/elsewhere'), 404)
  assert.equal((await fetch(`${dev.url}/hooks/slack`)).status, 405)
  const large = dev.slack(`share ${IMAGE} ${'x'.repeat(70_000)}`)
  assert.equal((await dev.send(large)).status, 413)
  const healthy = await (await fetch(`${dev.url}/healthz`)).json()
  assert.equal(healthy.status, 'ok')
  // And whatever else .dev.vars has secrets for.
  assert.ok(['slack', 'standard'].every(name => healthy.platforms.includes(name)))
})

test('no secret has reached the log', () => {
  const log = dev.log.all() + dev.out.all()
  for (const secret of Object.values(dev.secrets)) assert.ok(!log.includes(secret))
  assert.ok(!log.includes('/commands/'), 'an address for follow-ups is a secret too')
})

test('a list that lags behind is told, and swallows no command after it', async () => {
  await dev.faults({ next: 1, kind: 'slow:1', operation: 'ListCustomImages' })
  await dev.faults({ next: 2, kind: 'lag', operation: 'ListCustomImages' })
  const shared = await dev.say(`share ${IMAGE} cn-hangzhou`)
  assert.equal(shared.outcome, 'success')
  assert.ok(shared.text.includes('the list does not show it yet'), shared.text)
  // A look would see the image not shared, as is wanted; but the list has just been seen to lag.
  const unshared = await dev.say(`unshare ${IMAGE} cn-hangzhou`)
  assert.equal(unshared.outcome, 'success')
  assert.deepEqual(await dev.effects(), [{ image: IMAGE, from: false, to: true }, { image: IMAGE, from: true, to: false }])
})
