// Discord: signed interactions, typed options, buttons, the first answer changed afterwards. What is signed here with tweetnacl
// discord-interactions must take, and refuse what is forged.
import { verifyKey } from 'discord-interactions'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import nacl from 'tweetnacl'
import { IMAGE, SHARED_IMAGE } from './harness.mjs'
import { later, plays, random } from './platforms.mjs'

const KEYS = nacl.sign.keyPair()
const PUBLIC_KEY = Buffer.from(KEYS.publicKey).toString('hex')
const snowflake = () => String(randomBytes(6).readUIntBE(0, 6))
const id = user => user.replace(/\D/g, '')

/** For who did it alone. */
const NOTHING = JSON.stringify({ type: 4, data: { content: 'ℹ️ help', flags: 64 } })

const signed = (interaction, signing) => signedBody(JSON.stringify(interaction), signing)

function signedBody(body, { keys = KEYS, now = later(0) } = {}) {
  const signature = nacl.sign.detached(Buffer.from(`${now}${body}`), keys.secretKey)
  const headers = {
    'content-type': 'application/json',
    'x-signature-ed25519': Buffer.from(signature).toString('hex'),
    'x-signature-timestamp': String(now),
  }
  return { path: '/hooks/discord', headers, body }
}

function interaction(type, data, { user = 'U1', keys, now, ...more } = {}) {
  const token = random()
  const body = {
    application_id: '7', channel_id: '1', context: 0, data, guild_id: '1', id: snowflake(), locale: 'en-US',
    member: { user: { id: id(user), username: 'somebody' }, roles: [], permissions: '0' }, token, type, version: 1, ...more,
  }
  return { ...signed(body, { keys, now }), messages: `/api/v10/webhooks/7/${token}/messages/@original` }
}

const command = (word, options, more) =>
  interaction(2, { id: '1', name: 'swas', type: 1, options: [{ name: word, type: 1, options }] }, more)
const option = (name, value) => ({ name, type: 3, value })
const delivery = (_, text, options) => command('run', [option('command', text)], options)
const press = (button, options) => interaction(3, { component_type: 2, custom_id: button.custom_id }, options)

const content = message => message.data ?? message
const buttons = message => content(message).components.flatMap(({ components }) => components)
const text = message => {
  const { content: title, embeds } = content(message)
  return [title, embeds[0]?.description ?? ''].join('\n').replace(/\\(.)/g, '$1').replaceAll('`', '')
}

const play = plays({
  name: 'discord',
  secrets: { DISCORD_PUBLIC_KEY: PUBLIC_KEY },
  person: user => `discord:1/${id(user)}`,
  delivery,
  text,
  inResponse: true,
  answer: () => '{"id":"1"}',
  signed: ['x-signature-ed25519', 'x-signature-timestamp'],
  bodyIsSigned: true,
  deadline: 3000,
  quiet: NOTHING,
  forged: (dev, words) => {
    const good = delivery(dev, words)
    const signature = value => ({ ...good, headers: { ...good.headers, 'x-signature-ed25519': value } })
    return [
      ['another key', 'SignatureMismatch', delivery(dev, words, { keys: nacl.sign.keyPair() })],
      ['no signature of any key', 'SignatureMismatch', signature('0'.repeat(128))],
      ['a byte of a signature', 'MalformedHeader("x-signature-ed25519")', signature('00')],
      ['an hour ahead', 'Early { ahead: 3600 }', delivery(dev, words, { now: later(3600) })],
      ['an hour old', 'Stale { age: 3600 }', delivery(dev, words, { now: later(-3600) })],
    ]
  },
  odd: () => ({
    'a command of a person\'s menu': interaction(2, { id: '1', name: 'swas', type: 2, target_id: '1' }),
    'a form': interaction(5, { custom_id: 'm', components: [] }),
    'a kind nobody knows': interaction(99, {}),
    'a component without a value': interaction(3, {}),
    'a sender without id': command('help', [], { member: { roles: [] } }),
  }),
  malformed: () => [
    ['not JSON', signedBody('{')],
    ['type', signed({ id: '1' })],
    ['id', command('help', [], { id: 'x' })],
    ['user.id', command('help', [], { member: { user: { id: 'somebody' } } })],
    ['channel_id', command('help', [], { channel_id: undefined })],
  ],
})

test('PING is answered to whoever signs it, and a wrong signature is a 401: registration checks both', async () => {
  const ping = signed({ type: 1, id: '1', application_id: '7', token: 't', version: 1 })
  const answer = await play.dev.send(ping)
  assert.deepEqual([answer.status, answer.json], [200, { type: 1 }])
  const wrong = { ...ping, headers: { ...ping.headers, 'x-signature-ed25519': '0'.repeat(128) } }
  assert.equal((await play.dev.send(wrong)).status, 401)
})

test('typed options are parameters', async () => {
  const share = [option('image_id', IMAGE), option('region_id', 'cn-hangzhou')]
  const done = await play.deliver(command('share', share))
  assert.equal(done.outcome, 'success', done.text)
  assert.deepEqual(done.body.data.allowed_mentions, { parse: [] })
  assert.equal(done.body.data.flags, undefined)
  assert.deepEqual(await play.dev.effects(), [{ image: IMAGE, from: false, to: true }])
  const listed = await play.deliver(command('listcustomimages', [option('region_id', 'cn-hangzhou'), { name: 'page_size', type: 4, value: 10 }]))
  assert.equal(listed.outcome, 'success', listed.text)
  const refused = await play.deliver(command('share', [option('image_id', IMAGE), option('page_size', '1')]))
  assert.equal(refused.outcome, 'refusal')
  assert.equal(refused.body.data.flags, 64)
})

test('an option is one value, whatever stands in it', async () => {
  const odd = `${SHARED_IMAGE}" Operation="UnShare`
  const failed = await play.deliver(command('share', [option('image_id', odd)]))
  assert.equal(failed.outcome, 'failure', failed.text)
  assert.ok(failed.text.includes('InvalidImageId'), failed.text)
  assert.deepEqual(await play.dev.effects(), [])
})

test('unshare is confirmed by a button, by nobody else', async () => {
  const asked = await play.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
  assert.equal(asked.body.data.flags, 64, 'the question is for who asked')
  const [confirm, cancel] = buttons(asked.body)
  assert.deepEqual([confirm.style, cancel.style], [4, 2])
  assert.equal((await play.deliver(press(confirm, { user: 'U1' }))).outcome, 'refusal')
  assert.deepEqual(await play.dev.effects(), [])
  assert.equal((await play.deliver(press(confirm, { user: 'U2' }))).outcome, 'success')
  assert.deepEqual(await play.dev.effects(), [{ image: SHARED_IMAGE, from: true, to: false }])
  assert.equal((await play.deliver(press(confirm, { user: 'U2' }))).outcome, 'refusal')
})

test('a button cancels', async () => {
  const [confirm, cancel] = buttons((await play.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })).body)
  assert.equal((await play.deliver(press(cancel, { user: 'U2' }))).outcome, 'information')
  assert.equal((await play.deliver(press(confirm, { user: 'U2' }))).outcome, 'refusal')
  assert.deepEqual(await play.dev.effects(), [])
})

test('a list of images offers what would change each', async () => {
  const listed = await play.say('images cn-hangzhou')
  const offered = buttons(listed.body).flatMap(part => part.options?.map(({ value }) => value) ?? part.custom_id)
  assert.ok(offered.includes(`share ${IMAGE} cn-hangzhou`) && offered.includes(`unshare ${SHARED_IMAGE} cn-hangzhou`), offered)
  assert.ok(!offered.includes(`unshare ${IMAGE} cn-hangzhou`))
})

test('while an option is typed, regions and the images of the newest list are suggested', async () => {
  const typing = (focused, options = [], more) => interaction(4, {
    id: '1', name: 'swas', type: 1, options: [{ name: 'share', type: 1, options: [...options, { ...focused, focused: true }] }],
  }, more)
  const suggested = async (...words) => {
    const { status, json } = await play.dev.send(typing(...words))
    assert.deepEqual([status, json.type], [200, 8])
    return json.data.choices.map(({ value }) => value)
  }
  assert.deepEqual(await suggested(option('region_id', 'hangz')), ['cn-hangzhou'])
  const all = await suggested(option('region_id', ''))
  assert.deepEqual([all.length, all[0]], [25, 'cn-qingdao'], 'as many as there is room for')
  assert.deepEqual(await suggested(option('image_id', 'm-'), [option('region_id', 'cn-shanghai')]), [], 'never listed')
  const listed = await play.say('images cn-shanghai')
  assert.equal(listed.outcome, 'success', listed.text)
  const calls = (await play.dev.journal()).length
  const images = await suggested(option('image_id', 'M-'), [option('region_id', 'cn-shanghai')])
  assert.deepEqual(images, ['m-uf6a2kq8x0c5d1f0001'])
  assert.deepEqual(await suggested(option('image_id', 'mail-rel'), [option('region_id', 'cn-shanghai')]), images, 'by its name')
  assert.deepEqual(await suggested(option('image_id', 'zzz'), [option('region_id', 'cn-shanghai')]), [])
  const nobody = [option('image_id', 'm-'), [option('region_id', 'cn-shanghai')], { user: 'U9' }]
  assert.deepEqual(await suggested(...nobody), [], 'not for whom the policy shows no list')
  assert.equal((await play.dev.journal()).length, calls, 'nothing is called for it')
})

test('people are answered in the language of their client, also in what follows a kill -9', async () => {
  const say = (text, locale) => delivery(play.dev, text, { locale })
  for (const [locale, title] of [['zh-CN', '可用的命令'], ['en-GB', 'What you can type'], ['fr', 'What you can type']]) {
    assert.match((await play.deliver(say('help', locale))).text, new RegExp(title), locale)
  }
  const refused = await play.deliver(say('share m-1 mars-1', 'zh-CN'))
  assert.match(refused.text, /没有地域 mars-1/)
  const regions = await play.deliver(say('regions', 'zh-CN'))
  assert.match(regions.text, /华东1（杭州）/)
  await play.dev.faults({ next: 9, kind: 'status:500' })
  const failing = say('share m-bp1e79zktg26n2b9999 cn-hangzhou', 'zh-CN')
  const waiting = await play.deliver(failing)
  assert.deepEqual([waiting.outcome, /结果稍后发到这里/.test(waiting.text)], ['waiting', true])
  await play.dev.killWorkerd()
  await play.dev.control('faults', undefined, 'DELETE')
  const [result] = await play.dev.messages(failing.messages, 1)
  assert.match(text(result.body), /失败：share .*\n错误码: InvalidImageId.NotFound\n该地域和账号下没有此自定义镜像/s)
  // Somebody else asks for their own in English.
  assert.match((await play.deliver(say('status', 'en-US'))).text, /Your latest commands.*Failed: share/s)
})

test('what follows changes the first answer', async () => {
  await play.dev.faults({ next: 2, kind: 'status:500' })
  const delivered = delivery(play.dev, `share ${IMAGE} cn-hangzhou`)
  assert.equal((await play.deliver(delivered)).outcome, 'waiting')
  const [result] = await play.dev.messages(delivered.messages, 1)
  assert.equal(result.method, 'PATCH')
  assert.match(result.agent, /^DiscordBot \(/)
  assert.deepEqual(result.body.components, [])
})

test('discord-interactions takes what is signed here and refuses what is forged', async () => {
  const takes = ({ headers, body }, key = PUBLIC_KEY) =>
    verifyKey(body, headers['x-signature-ed25519'], headers['x-signature-timestamp'], key)
  const good = delivery(play.dev, 'help')
  assert.equal(await takes(good), true)
  assert.equal(await takes({ ...good, body: `${good.body} ` }), false)
  const other = Buffer.from(nacl.sign.keyPair().publicKey).toString('hex')
  assert.equal(await takes(good, other), false)
})
