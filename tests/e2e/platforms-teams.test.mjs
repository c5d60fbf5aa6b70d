// Teams' outgoing webhooks: the answer is the response, and nothing can follow it.
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { later, plays, random } from './platforms.mjs'

const SECRET = randomBytes(32).toString('base64')

/** Where the answer says nothing, people are shown an error. */
const NOTHING = JSON.stringify({ type: 'message', text: 'ℹ️ help' })

function signed(body, secret = SECRET) {
  const signature = createHmac('sha256', Buffer.from(secret, 'base64')).update(body).digest('base64')
  const headers = { 'content-type': 'application/json; charset=utf-8', authorization: `HMAC ${signature}` }
  return { path: '/hooks/teams', headers, body }
}

function delivery(_, text, { user = 'U1', secret, now = Date.now(), ...more } = {}) {
  const id = `${now}${Math.floor(Math.random() * 1e6)}`
  const body = JSON.stringify({
    type: 'message', id, timestamp: new Date(now).toISOString(), serviceUrl: 'https://smba.trafficmanager.net/amer/',
    channelId: 'msteams', from: { id: '29:1x', name: 'Test User', aadObjectId: user },
    conversation: { isGroup: true, conversationType: 'channel', id: `C1;messageid=${id}` },
    recipient: { id: '28:1x', name: 'ops' }, textFormat: 'plain', text: `<at>ops</at>&nbsp;${text}`,
    entities: [{ type: 'mention', mentioned: { id: '28:1x', name: 'ops' }, text: '<at>ops</at>' }],
    channelData: { teamsChannelId: 'C1', teamsTeamId: 'G1', tenant: { id: 'T1' } }, ...more,
  })
  return signed(body, secret)
}

const blocks = message => message.attachments[0].content.body
const play = plays({
  name: 'teams',
  secrets: { TEAMS_WEBHOOK_SECRET: SECRET },
  delivery,
  asks: true,
  inResponse: true,
  text: message => blocks(message).map(block => block.inlines.map(run => run.text).join('')).join('\n'),
  signed: ['authorization'],
  bodyIsSigned: true,
  deadline: 5000,
  quiet: NOTHING,
  forged: (dev, text) => {
    const good = delivery(dev, text)
    const authorization = value => ({ ...good, headers: { ...good.headers, authorization: value } })
    const encoded = good.headers.authorization.slice('HMAC '.length)
    return [
      ['another secret', 'SignatureMismatch', delivery(dev, text, { secret: randomBytes(32).toString('base64') })],
      ['the secret as it is written', 'SignatureMismatch', delivery(dev, text, { secret: Buffer.from(SECRET).toString('base64') })],
      ['another scheme', 'UnknownVersion("authorization")', authorization(`Bearer ${encoded}`)],
      ['no scheme', 'MalformedHeader("authorization")', authorization(encoded)],
      ['half a signature', 'MalformedHeader("authorization")', authorization(`HMAC ${encoded.slice(0, 20)}`)],
      ['old', 'Stale { age: 310 }', delivery(dev, text, { now: later(-310) * 1000 })],
      ['ahead', 'Early { ahead: 330 }', delivery(dev, text, { now: later(330) * 1000 })],
    ]
  },
  odd: dev => ({
    'an edited message': delivery(dev, 'help', { type: 'messageUpdate' }),
    'a kind nobody knows': delivery(dev, 'help', { type: 'hologram' }),
    'no kind': delivery(dev, 'help', { type: undefined }),
    'a sender without id': delivery(dev, 'help', { from: { name: 'Test User' } }),
    'a sender with an empty id': delivery(dev, 'help', { from: { id: '' } }),
  }),
  malformed: dev => [
    ['not JSON', signed('{')],
    ['timestamp', delivery(dev, 'help', { timestamp: 'yesterday' })],
    ['text', delivery(dev, 'help', { text: 7 })],
    ['id', delivery(dev, 'help', { id: undefined })],
    ['channelData.tenant.id', delivery(dev, 'help', { channelData: {} })],
  ],
})

test('a person without a directory id is known by the id this webhook has', async () => {
  const from = { id: `29:${random()}`, name: 'Test User' }
  const answer = await play.say('images cn-hangzhou', { from })
  assert.equal(answer.outcome, 'refusal')
  assert.ok(answer.text.includes(`teams:T1/${from.id}`), answer.text)
})
