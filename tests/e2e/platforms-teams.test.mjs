// Teams' outgoing webhooks: the answer is the response, and nothing can follow it.
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { plays, random } from './platforms.mjs'

const SECRET = randomBytes(32).toString('base64')

function delivery(_, text, { user = 'U1', secret = SECRET, now = Date.now(), ...more } = {}) {
  const id = `${now}${Math.floor(Math.random() * 1e6)}`
  const body = JSON.stringify({
    type: 'message', id, timestamp: new Date(now).toISOString(), serviceUrl: 'https://smba.trafficmanager.net/amer/',
    channelId: 'msteams', from: { id: '29:1x', name: 'Test User', aadObjectId: user },
    conversation: { isGroup: true, conversationType: 'channel', id: `C1;messageid=${id}` },
    recipient: { id: '28:1x', name: 'ops' }, textFormat: 'plain', text: `<at>ops</at>&nbsp;${text}`,
    entities: [{ type: 'mention', mentioned: { id: '28:1x', name: 'ops' }, text: '<at>ops</at>' }],
    channelData: { teamsChannelId: 'C1', teamsTeamId: 'G1', tenant: { id: 'T1' } }, ...more,
  })
  const signature = createHmac('sha256', Buffer.from(secret, 'base64')).update(body).digest('base64')
  const headers = { 'content-type': 'application/json; charset=utf-8', authorization: `HMAC ${signature}` }
  return { path: '/hooks/teams', headers, body }
}

const blocks = message => message.attachments[0].content.body
const play = plays({
  name: 'teams',
  secrets: { TEAMS_WEBHOOK_SECRET: SECRET },
  delivery,
  asks: true,
  inResponse: true,
  text: message => blocks(message).map(block => block.inlines.map(run => run.text).join('')).join('\n'),
  forged: (dev, text) => {
    const good = delivery(dev, text)
    const seconds = Math.floor(Date.now() / 1000) * 1000
    return [
      ['SignatureMismatch', delivery(dev, text, { secret: randomBytes(32).toString('base64') })],
      ['SignatureMismatch', { ...good, body: good.body.replace('T1', 'T2') }],
      ['MissingHeader("authorization")', { ...good, headers: {} }],
      ['Stale { age: 310 }', delivery(dev, text, { now: seconds - 310_000 })],
    ]
  },
})

test('what is no command is answered with something, or people would be shown an error', async () => {
  for (const odd of [{ type: 'messageUpdate' }, { from: { name: 'Test User' } }]) {
    const answer = await play.dev.send(delivery(play.dev, 'help', odd))
    assert.deepEqual([answer.status, answer.json, answer.outcome], [200, { type: 'message', text: 'ℹ️ help' }, null])
  }
})

test('a person without a directory id is known by the id this webhook has', async () => {
  const from = { id: `29:${random()}`, name: 'Test User' }
  const answer = await play.say('images cn-hangzhou', { from })
  assert.equal(answer.outcome, 'refusal')
  assert.ok(answer.text.includes(`teams:T1/${from.id}`), answer.text)
})
