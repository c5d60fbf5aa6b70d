// Standard Webhooks: deliveries signed by that project's own library, and by Svix's names; the sender says who acts, and where.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { IMAGE } from './harness.mjs'
import { later, plays, random } from './platforms.mjs'

const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const rule = (person, confirm) => ({ who: [`standard:T1/${person}`], where: ['standard:T1/C1'], operations: ['*'], confirm })
const POLICY = JSON.stringify({ allow: [rule('U1', 'never'), rule('U2', 'risky')] })

function signed(body, { id = `msg_${random()}`, now = later(0), secret = SECRET } = {}) {
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(now),
    'webhook-signature': new Webhook(secret).sign(id, new Date(now * 1000), body),
  }
  return { path: '/hooks/standard', headers, body }
}

function delivery(dev, text, { user = 'U1', id, now, secret, ...more } = {}) {
  const messages = `/answers/${random()}`
  const body = JSON.stringify({
    command: text, actor: { organisation: 'T1', person: user }, place: 'C1', response_url: `${dev.followUpUrl}${messages}`, ...more,
  })
  return { ...signed(body, { id, now, secret }), messages }
}

const line = ({ type, text, name, value }) => type === 'field' ? `${name}: ${value}` : text
const text = ({ title, lines }) => [title, ...lines.map(line)].join('\n')

const play = plays({
  name: 'standard',
  secrets: { STANDARD_WEBHOOKS_SECRET: SECRET, POLICY },
  delivery,
  text,
  inResponse: true,
  signed: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  bodyIsSigned: true,
  forged: (dev, words) => {
    const good = delivery(dev, words)
    const signature = value => ({ ...good, headers: { ...good.headers, 'webhook-signature': value } })
    return [
      ['another secret', 'SignatureMismatch', delivery(dev, words, { secret: `whsec_${randomBytes(32).toString('base64')}` })],
      ['another version', 'UnknownVersion("webhook-signature")', signature('v1a,AAAA')],
      ['half a signature', 'MalformedHeader("webhook-signature")', signature('v1,AAAA')],
      ['an id with a full stop', 'MalformedHeader("webhook-id")', delivery(dev, words, { id: 'msg.1' })],
      ['an hour ahead', 'Early { ahead: 3600 }', delivery(dev, words, { now: later(3600) })],
      ['an hour old', 'Stale { age: 3600 }', delivery(dev, words, { now: later(-3600) })],
    ]
  },
  unreadable: part => JSON.stringify({
    status: 'refusal', title: 'The body is malformed', lines: [{ type: 'field', name: 'part', value: part }],
  }),
  malformed: dev => [
    ['not a JSON object', signed('{')],
    ['not a JSON object', signed('[]')],
    ['neither command nor operation', signed('{}')],
    ['unknown key', signed('{"type":"user.created","data":{}}')],
    ['actor.person', delivery(dev, 'help', { user: 'U 1' })],
    ['command', delivery(dev, 'help', { command: 7 })],
  ],
})

test('Svix\'s names of the headers are as good', async () => {
  const { headers, ...good } = delivery(play.dev, `share ${IMAGE} cn-hangzhou`)
  const renamed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.replace('webhook-', 'svix-'), value]))
  assert.equal((await play.deliver({ ...good, headers: renamed })).outcome, 'success')
})

test('one good signature of several is enough', async () => {
  const good = delivery(play.dev, 'help')
  const other = delivery(play.dev, 'help', { secret: `whsec_${randomBytes(32).toString('base64')}` })
  const both = [other, good].map(({ headers }) => headers['webhook-signature']).join(' ')
  assert.equal((await play.deliver({ ...good, headers: { ...good.headers, 'webhook-signature': both } })).outcome, 'information')
})

test('the library takes what is signed here and refuses what is forged', () => {
  const webhook = new Webhook(SECRET)
  const good = delivery(play.dev, 'help')
  assert.equal(webhook.verify(good.body, good.headers).command, 'help')
  assert.throws(() => webhook.verify(`${good.body} `, good.headers), /No matching signature found/)
})
