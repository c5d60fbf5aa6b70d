// Feishu: signed and encrypted events; every answer to a message is a reply by the platform's interface, with a token got for
// it; buttons. Lark's SDK must take what is signed here, and refuse what is forged.
import { AESCipher, EventDispatcher } from '@larksuiteoapi/node-sdk'
import assert from 'node:assert/strict'
import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { IMAGE, SHARED_IMAGE } from './harness.mjs'
import { later, plays, random, without } from './platforms.mjs'

const [KEY, TOKEN, APP_SECRET] = [random(), random(), random()]
const TOKEN_PATH = '/open-apis/auth/v3/tenant_access_token/internal'
const replies = message => `/open-apis/im/v1/messages/${message}/reply`

function encrypted(text, key = KEY) {
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', createHash('sha256').update(key).digest(), iv)
  return JSON.stringify({ encrypt: Buffer.concat([iv, cipher.update(text), cipher.final()]).toString('base64') })
}

const signed = (event, signing) => signedBody(encrypted(JSON.stringify(event), signing?.key), signing)

function signedBody(body, { key = KEY, now = later(0) } = {}) {
  const [timestamp, nonce] = [String(now), random()]
  const headers = {
    'content-type': 'application/json',
    'x-lark-request-timestamp': timestamp,
    'x-lark-request-nonce': nonce,
    'x-lark-signature': createHash('sha256').update(timestamp + nonce + key + body).digest('hex'),
  }
  return { path: '/hooks/feishu', headers, body }
}

const header = (event_type, token) =>
  ({ event_id: random(), event_type, create_time: String(Date.now()), token, app_id: 'cli_1', tenant_key: 'T1' })

const event = type => ({ schema: '2.0', header: header(type, TOKEN), event: {} })

function delivery(_, text, { user = 'U1', token = TOKEN, message = {}, sender = {}, id = `om_${random()}`, ...signing } = {}) {
  const event = {
    sender: { sender_id: { open_id: user, union_id: `on_${user}`, user_id: null }, sender_type: 'user', tenant_key: 'T1', ...sender },
    message: {
      message_id: id, create_time: String(Date.now()), chat_id: 'C1', chat_type: 'group', message_type: 'text',
      content: JSON.stringify({ text: `@_user_1 ${text}` }),
      mentions: [{ key: '@_user_1', id: { open_id: 'ou_bot' }, name: 'ops', tenant_key: 'T1' }], ...message,
    },
  }
  return { ...signed({ schema: '2.0', header: header('im.message.receive_v1', token), event }, signing), messages: replies(id) }
}

/** A press of a button of a card that was sent as a message. */
function click(button, { user = 'U1' } = {}) {
  const card = `om_${random()}`
  const [{ value }] = button.behaviors
  const event = {
    operator: { open_id: user, union_id: `on_${user}`, tenant_key: 'T1' }, token: `c-${random()}`, host: 'im_message',
    action: { value, tag: 'button', timezone: 'Asia/Shanghai' }, context: { open_message_id: card, open_chat_id: 'C1' },
  }
  const delivered = signed({ schema: '2.0', header: header('card.action.trigger', TOKEN), event })
  return { ...delivered, messages: replies(card), inResponse: true }
}

const cardOf = message => message.toast ? message.card?.data : JSON.parse(message.content)
const elements = message => cardOf(message)?.body.elements ?? []
const buttons = message => elements(message).filter(element => element.tag === 'button')
const text = message => [
  cardOf(message)?.header.title.content ?? message.toast.content,
  ...elements(message).filter(element => element.tag === 'div').map(element => element.text.content),
].join('\n')

const play = plays({
  name: 'feishu',
  secrets: { FEISHU_ENCRYPT_KEY: KEY, FEISHU_VERIFICATION_TOKEN: TOKEN, FEISHU_APP_SECRET: APP_SECRET },
  delivery,
  text,
  answer: path => path === TOKEN_PATH
    ? '{"code":0,"msg":"ok","tenant_access_token":"t-1","expire":7200}'
    : '{"code":0,"msg":"success","data":{}}',
  signed: ['x-lark-signature', 'x-lark-request-timestamp', 'x-lark-request-nonce'],
  bodyIsSigned: true,
  deadline: 3000,
  forged: (dev, words) => {
    const good = delivery(dev, words)
    const unsigned = without(good, 'x-lark-signature')
    return [
      ['another key', 'SignatureMismatch', delivery(dev, words, { key: 'another' })],
      ['another token', 'TokenMismatch', delivery(dev, words, { token: 'another' })],
      ['no token', 'TokenMismatch', delivery(dev, words, { token: null })],
      ['in the clear', 'MissingHeader("x-lark-signature")', { ...unsigned, body: JSON.stringify(event('im.message.receive_v1')) }],
      ['half a signature', 'MalformedHeader("x-lark-signature")', { ...good, headers: { ...good.headers, 'x-lark-signature': '00' } }],
      ['an hour ahead', 'Early { ahead: 3600 }', delivery(dev, words, { now: later(3600) })],
      ['older than any repetition', 'Stale { age: 30000 }', delivery(dev, words, { now: later(-30_000) })],
    ]
  },
  odd: dev => ({
    'a message of a bot': delivery(dev, `share ${IMAGE}`, { sender: { sender_type: 'app' } }),
    'a message of nobody': signed(event('im.message.receive_v1')),
    'a sender without id': delivery(dev, 'help', { user: null }),
    'an edited message': signed(event('im.message.updated_v1')),
    'a message that was read': signed(event('im.message.message_read_v1')),
    'a kind nobody knows': signed(event('im.hologram.shown_v9')),
    'an event of version 1': signed({ uuid: '1', token: TOKEN, type: 'event_callback', event: { type: 'message' } }),
    'a press of another\'s button': { ...signed(event('card.action.trigger')), quiet: '{}' },
  }),
  // An error would be repeated after 15 s, 5 min, 1 h and 6 h.
  malformed: dev => [
    ['not JSON', signedBody('{')],
    ['not JSON', signedBody(encrypted('{'))],
    ['encrypt', signedBody('{"encrypt":"AAAA"}')],
    ['encrypt', signedBody(encrypted('{}', 'another'))],
    ['message.message_id', delivery(dev, 'help', { message: { message_id: undefined } })],
    ['message.chat_id', delivery(dev, 'help', { message: { chat_id: undefined } })],
    ['open_id', delivery(dev, 'help', { user: 'U 1' })],
  ],
})

test('a reply carries the token that was got for it with the app\'s secret', async () => {
  const asked = delivery(play.dev, 'help')
  await play.deliver(asked)
  const [token] = await play.dev.messages(TOKEN_PATH, 1)
  assert.deepEqual(token.body, { app_id: 'cli_1', app_secret: APP_SECRET })
  const [reply] = await play.dev.messages(asked.messages, 1)
  assert.equal(reply.authorization, 'Bearer t-1')
  assert.equal(reply.body.msg_type, 'interactive')
  assert.match(reply.body.uuid, /^[0-9a-f]{32}$/)
})

test('unshare is confirmed by a button, by nobody else', async () => {
  const asked = await play.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
  const [confirm, cancel] = buttons(asked.body)
  assert.deepEqual([confirm.type, cancel.type], ['danger', 'default'])
  const refused = await play.deliver(click(confirm, { user: 'U1' }))
  assert.equal(refused.outcome, 'refusal')
  assert.equal(refused.body.card, undefined, 'the card stays for who may press')
  assert.equal(refused.body.toast.type, 'error')
  assert.deepEqual(await play.dev.effects(), [])
  const done = await play.deliver(click(confirm, { user: 'U2' }))
  assert.equal(done.outcome, 'success')
  assert.equal(done.body.toast.type, 'success')
  assert.equal(done.body.card.type, 'raw')
  assert.deepEqual(buttons(done.body), [], 'nothing is left to press')
  assert.deepEqual(await play.dev.effects(), [{ image: SHARED_IMAGE, from: true, to: false }])
})

test('a button cancels', async () => {
  const asked = await play.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
  const [confirm, cancel] = buttons(asked.body)
  assert.equal((await play.deliver(click(cancel, { user: 'U2' }))).outcome, 'information')
  assert.equal((await play.deliver(click(confirm, { user: 'U2' }))).outcome, 'refusal')
  assert.deepEqual(await play.dev.effects(), [])
})

test('what follows a click is a reply to its card, which is not changed again', async () => {
  const asked = await play.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
  await play.dev.faults({ next: 2, kind: 'status:500' })
  const pressed = click(buttons(asked.body)[0], { user: 'U2' })
  assert.equal((await play.deliver(pressed)).outcome, 'waiting')
  const [result] = await play.dev.messages(pressed.messages, 1)
  assert.equal(result.outcome, 'success')
  assert.ok(!play.dev.followUps.some(({ path }) => path.includes('/interactive/')))
})

test('the address is checked encrypted and in the clear, by who knows the token', async () => {
  const challenge = { challenge: 'ch-1', token: TOKEN, type: 'url_verification' }
  const encrypted = signed(challenge)
  const bare = { 'content-type': 'application/json' }
  for (const request of [encrypted, { ...encrypted, headers: bare }, { ...encrypted, headers: bare, body: JSON.stringify(challenge) }]) {
    const answer = await play.dev.send(request)
    assert.deepEqual([answer.status, answer.json], [200, { challenge: 'ch-1' }])
  }
  const other = { ...challenge, token: 'another' }
  for (const request of [signed(other), { ...signed(other), headers: bare }, { ...encrypted, headers: bare, body: JSON.stringify(other) }]) {
    assert.equal((await play.dev.send(request)).status, 401)
  }
})

test('lark\'s SDK takes what is signed here and refuses what is forged', async () => {
  const dispatcher = new EventDispatcher({ encryptKey: KEY, verificationToken: TOKEN })
  dispatcher.register({ 'im.message.receive_v1': ({ message }) => JSON.parse(message.content).text })
  const invoke = ({ headers, body }) => dispatcher.invoke(Object.assign(Object.create({ headers }), JSON.parse(body)))
  const good = delivery(play.dev, 'help')
  assert.equal(await invoke(good), '@_user_1 help')
  assert.equal(JSON.parse(new AESCipher(KEY).decrypt(JSON.parse(good.body).encrypt)).header.token, TOKEN)
  const forged = { ...good, headers: { ...good.headers, 'x-lark-signature': good.headers['x-lark-signature'].replace(/./, c => c === '0' ? '1' : '0') } }
  assert.notEqual(await invoke(forged), '@_user_1 help')
  assert.equal((await play.deliver(good)).outcome, 'information')
  assert.equal((await play.dev.send(forged)).status, 401)
})

test('a message is known by its id, whichever event brings it', async () => {
  const id = `om_${random()}`
  const again = () => delivery(play.dev, `share ${IMAGE} cn-hangzhou`, { id })
  const first = await play.deliver(again())
  assert.equal(first.outcome, 'success')
  assert.equal((await play.deliver(again(), 2)).text, first.text)
  assert.equal((await play.dev.effects()).length, 1)
})

test('a picture is answered with help', async () => {
  const image = { message_type: 'image', content: '{"image_key":"img_1"}' }
  assert.equal((await play.say('', { message: image })).outcome, 'information')
})
