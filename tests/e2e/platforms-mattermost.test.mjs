// Mattermost: slash commands and outgoing webhooks, known by a token alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IMAGE } from './harness.mjs'
import { plays, random } from './platforms.mjs'

const TOKEN = `token${random()}`

function delivery(dev, text, { user = 'U1', token = TOKEN, headers = { authorization: `Token ${token}` } } = {}) {
  const messages = `/commands/${random()}`
  const body = new URLSearchParams({
    channel_id: 'C1', channel_name: 'ops', command: '/swas', response_url: `${dev.followUpUrl}${messages}`,
    team_domain: 'example', team_id: 'T1', text, token, trigger_id: random(), user_id: user, user_name: 'somebody',
  }).toString()
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  return { path: '/hooks/mattermost', headers: { ...form, ...headers }, body, messages }
}

const text = message => message.text.replace(/\\(.)/g, '$1').replaceAll('`', '')

const play = plays({
  name: 'mattermost',
  secrets: { MATTERMOST_TOKEN: TOKEN },
  delivery,
  text,
  inResponse: true,
  asks: true,
  forged: (dev, words) => [
    ['SignatureMismatch', delivery(dev, words, { token: 'another' })],
    ['SignatureMismatch', delivery(dev, words, { token: 'another', headers: {} })],
    ['MalformedHeader("authorization")', delivery(dev, words, { headers: { authorization: `Bearer ${TOKEN}` } })],
    ['MissingHeader("authorization")', { path: '/hooks/mattermost', headers: {}, body: `text=${words}` }],
  ],
})

test('help and refusals are for who asked, results for all', async () => {
  assert.equal((await play.say('help')).body.response_type, 'ephemeral')
  assert.equal((await play.say(`share ${IMAGE} cn-hangzhou`, { user: 'U9' })).body.response_type, 'ephemeral')
  assert.equal((await play.say('images cn-hangzhou')).body.response_type, 'in_channel')
})

test('an outgoing webhook says its token in the body', async () => {
  const webhook = token => ({
    path: '/hooks/mattermost',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      token, team_id: 'T1', channel_id: 'C1', channel_name: 'ops', timestamp: 1, user_id: 'U1', user_name: 'somebody',
      post_id: random(), text: '#swas help', trigger_word: '#swas', file_ids: '',
    }),
  })
  assert.equal((await play.deliver(webhook(TOKEN))).outcome, 'information')
  assert.equal((await play.dev.send(webhook('another'))).status, 401)
})

test('who has no id gets no answer', async () => {
  const answer = await play.dev.send(delivery(play.dev, 'help', { user: '' }))
  assert.deepEqual([answer.status, answer.text, answer.outcome], [200, '', null])
})
