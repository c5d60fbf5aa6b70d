// Two languages: the one of a person's client, else the configured one, to the end of what they asked for; what is kept beside
// it is in English.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import nacl from 'tweetnacl'
import { Dev } from './harness.mjs'

const KEYS = nacl.sign.keyPair()
const HAN = /\p{Script=Han}/u
const NOT_FOUND = 'share m-bp1e79zktg26n2b9999 cn-hangzhou'
const DENIAL = 'No rule of the policy names you.'
const random = () => String(randomBytes(6).readUIntBE(0, 6))

/** What somebody types who uses Discord in this language. */
function typed(text, locale, user = '1') {
  const token = random()
  const body = JSON.stringify({
    application_id: '7', channel_id: '1', context: 0, guild_id: '1', id: random(), locale, token, type: 2, version: 1,
    member: { user: { id: user, username: 'somebody' }, roles: [], permissions: '0' },
    data: { id: '1', name: 'swas', type: 1, options: [{ name: 'run', type: 1, options: [{ name: 'command', type: 3, value: text }] }] },
  })
  const now = String(Math.floor(Date.now() / 1000))
  const headers = {
    'content-type': 'application/json',
    'x-signature-ed25519': Buffer.from(nacl.sign.detached(Buffer.from(now + body), KEYS.secretKey)).toString('hex'),
    'x-signature-timestamp': now,
  }
  return { path: '/hooks/discord', headers, body, messages: `/api/v10/webhooks/7/${token}/messages/@original` }
}

const read = message => {
  const { content, embeds } = message.data ?? message
  return `${content}\n${embeds[0].description}`.replace(/\\(.)/g, '$1').replaceAll('`', '')
}

let dev
before(async () => {
  const prepare = dev => {
    dev.secrets.FOLLOW_UP_ENDPOINT = dev.followUpUrl
    dev.followUpAnswer = () => '{"id":"1"}'
  }
  dev = await Dev.start({ DISCORD_PUBLIC_KEY: Buffer.from(KEYS.publicKey).toString('hex'), LANGUAGE: 'zh' }, { prepare })
}, { timeout: 120_000 })
after(() => dev?.stop())

const say = async (...words) => read((await dev.send(typed(...words))).json)

test('the language is that of the client, and the configured one where that is another or none', async () => {
  for (const [locale, title] of [
    ['zh-CN', '可用的命令'], ['en-US', 'What you can type'], ['fr', '可用的命令'], [undefined, '可用的命令'],
  ]) assert.ok((await say('help', locale)).includes(title), locale)
})

test('what follows a failure and a kill -9 is in the language it was asked for in', async () => {
  for (const [locale, told] of [
    ['fr', /失败：share .*\n错误码: InvalidImageId\.NotFound\n该地域和账号下没有此自定义镜像/s],
    ['en-US', /Failed: share .*\nCode: InvalidImageId\.NotFound\nThere is no such custom image in this region and account/s],
  ]) {
    await dev.faults({ next: 9, kind: 'status:500' })
    const failing = typed(NOT_FOUND, locale)
    assert.equal((await dev.send(failing)).outcome, 'waiting')
    await dev.killWorkerd()
    await dev.control('faults', undefined, 'DELETE')
    const [result] = await dev.messages(failing.messages, 1)
    assert.match(read(result.body), told)
  }
})

test('a denial is told to each in their language, and kept in English', async () => {
  const refused = await say(NOT_FOUND, 'zh-CN', '999')
  assert.match(refused, /不允许：share .*\n策略中没有任何规则包含您。请将您的 ID 告知策略维护者：discord:1\/999\n没有发送任何请求。/)
  const [, id] = refused.match(/命令: ([0-9A-Z]{12})/)
  const english = await say(`status ${id}`, 'en-US', '999')
  assert.ok(english.includes(DENIAL) && !HAN.test(english), english)
  const log = await say(`log ${id}`, 'zh-CN', '999')
  assert.match(log, /执行经过：share .*Deny: Received → Denied，结果：策略中没有任何规则包含您.*，操作人：discord:1\/999/s)

  const { command, audit } = await dev.command(id)
  const [denied] = audit.filter(({ event }) => event === 'Deny')
  assert.ok(command.message.startsWith(DENIAL), command.message)
  assert.ok(denied.outcome.startsWith(DENIAL), denied.outcome)
  for (const path of ['audit', 'commands']) {
    const { status, text } = await dev.api(path)
    assert.deepEqual([status, HAN.exec(text)], [200, null], path)
  }
})
