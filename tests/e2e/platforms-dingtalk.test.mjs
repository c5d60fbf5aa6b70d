// DingTalk: the signature covers no body, so every write is asked about; every answer is a message to `sessionWebhook`.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { IMAGE } from './harness.mjs'
import { later, plays, random } from './platforms.mjs'

const SECRET = random()

function signed(body, { secret = SECRET, now = Date.now() } = {}) {
  const sign = createHmac('sha256', secret).update(`${now}\n${secret}`).digest('base64')
  return { path: '/hooks/dingtalk', headers: { 'content-type': 'application/json; charset=utf-8', timestamp: String(now), sign }, body }
}

function delivery(dev, text, { user = 'U1', secret, now = Date.now(), ...more } = {}) {
  const messages = `/robot/sendBySession?session=${random()}`
  const body = JSON.stringify({
    conversationId: 'C1', chatbotCorpId: 'T1', senderCorpId: 'T1', chatbotUserId: '$:LWCP_v1:$bot', msgId: `msg${random()}==`,
    senderNick: '小明', isAdmin: true, senderStaffId: user, senderId: '$:LWCP_v1:$sender', createAt: now,
    sessionWebhook: dev.followUpUrl + messages, sessionWebhookExpiredTime: now + 5_400_000,
    conversationType: '2', conversationTitle: '运维', isInAtList: true, robotCode: 'R1', msgtype: 'text',
    text: { content: ` ${text}` }, ...more,
  })
  return { ...signed(body, { secret, now }), messages }
}

const play = plays({
  name: 'dingtalk',
  secrets: { DINGTALK_APP_SECRET: SECRET },
  delivery,
  asks: true,
  text: message => message.markdown.text,
  answer: () => '{"errcode":0,"errmsg":"ok"}',
  signed: ['sign', 'timestamp'],
  deadline: 3000,
  forged: (dev, text) => {
    const good = delivery(dev, text)
    const sign = value => ({ ...good, headers: { ...good.headers, sign: value } })
    return [
      ['another secret', 'SignatureMismatch', delivery(dev, text, { secret: 'another' })],
      ['an hour and more old', 'Stale { age: 3610 }', delivery(dev, text, { now: later(-3610) * 1000 })],
      ['an hour and more ahead', 'Early { ahead: 3660 }', delivery(dev, text, { now: later(3660) * 1000 })],
      ['seconds for milliseconds', `Stale { age: ${Math.round(later(0) * 0.999)} }`, delivery(dev, text, { now: later(0) })],
      ['half a signature', 'MalformedHeader("sign")', sign(good.headers.sign.slice(0, 20))],
      ['a signature as in addresses', 'MalformedHeader("sign")', sign(encodeURIComponent(good.headers.sign))],
    ]
  },
  odd: dev => ({
    'a notice that the quota is used up': delivery(dev, 'help', { msgtype: undefined, errorCode: '20001' }),
    'a sender without id': delivery(dev, 'help', { senderStaffId: undefined }),
    'a sender with an empty id': delivery(dev, 'help', { user: '' }),
  }),
  malformed: dev => [
    ['not JSON', signed('{')],
    ['not JSON', signed('')],
    ['msgId', delivery(dev, 'help', { msgId: undefined })],
    ['text.content', delivery(dev, 'help', { text: 'help' })],
    ['conversationId', delivery(dev, 'help', { conversationId: 7 })],
    ['senderStaffId', delivery(dev, 'help', { user: 'U 1' })],
  ],
})

test('the signature of one delivery lets any body in, which changes nothing without its code', async () => {
  const seen = delivery(play.dev, 'help')
  await play.deliver(seen)
  const forged = delivery(play.dev, `share ${IMAGE} cn-hangzhou`)
  assert.equal((await play.deliver({ ...forged, headers: seen.headers })).outcome, 'waiting')
  assert.deepEqual(await play.dev.effects(), [])
})

test('a `sessionWebhook` elsewhere is never called', async () => {
  const elsewhere = delivery(play.dev, 'help', { sessionWebhook: 'https://evil.example/robot/sendBySession?session=x' })
  assert.equal((await play.dev.send(elsewhere)).status, 200)
  // The platform's own host is let through, and is this listener here.
  const own = delivery(play.dev, 'help', { sessionWebhook: 'https://oapi.dingtalk.com/robot/sendBySession?session=own' })
  await play.dev.send(own)
  await play.dev.messages('/robot/sendBySession?session=own', 1)
  assert.ok(!play.dev.followUps.some(({ path }) => path.endsWith('session=x')))
})

test('a refusal that comes with status 200 is no delivery', async () => {
  play.dev.followUpAnswer = () => '{"errcode":130101,"errmsg":"send too fast"}'
  await play.dev.faults({ next: 2, kind: 'status:500' })
  const asked = await play.say(`share ${IMAGE} cn-hangzhou`)
  const confirmation = delivery(play.dev, `confirm ${asked.text.match(/confirm (\w{12})/)[1]}`)
  await play.deliver(confirmation)
  // The result is sent, refused, and sent again.
  await play.dev.messages(confirmation.messages, 2)
  play.dev.followUpAnswer = () => '{"errcode":0}'
  const [, second, third] = await play.dev.messages(confirmation.messages, 3)
  assert.deepEqual(third.body, second.body)
})

test('a picture, a voice message and a kind nobody knows are answered with help', async () => {
  for (const msgtype of ['picture', 'audio', 'hologram']) {
    assert.equal((await play.say('', { msgtype, text: undefined })).outcome, 'information')
  }
})

test('the window is an hour either way', async () => {
  for (const now of [later(-3590), later(3590)]) {
    assert.equal((await play.say('help', { now: now * 1000 })).outcome, 'information')
  }
})
