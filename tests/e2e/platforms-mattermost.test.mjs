// Mattermost: slash commands and outgoing webhooks, known by a token alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IMAGE } from './harness.mjs'
import { plays, random } from './platforms.mjs'

const TOKEN = `token${random()}`

function delivery(dev, text, { user = 'U1', token = TOKEN, headers = { authorization: `Token ${token}` }, ...more } = {}) {
  const messages = `/commands/${random()}`
  const body = new URLSearchParams({
    channel_id: 'C1', channel_name: 'ops', command: '/swas', response_url: `${dev.followUpUrl}${messages}`,
    team_domain: 'example', team_id: 'T1', text, token, trigger_id: random(), user_id: user, user_name: 'somebody', ...more,
  }).toString()
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  return { path: '/hooks/mattermost', headers: { ...form, ...headers }, body, messages }
}

const webhook = (more = {}) => ({
  path: '/hooks/mattermost',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    token: TOKEN, team_id: 'T1', channel_id: 'C1', channel_name: 'ops', timestamp: 1, user_id: 'U1', user_name: 'somebody',
    post_id: random(), text: '#swas help', trigger_word: '#swas', file_ids: '', ...more,
  }),
})

const text = message => message.text.replace(/\\(.)/g, '$1').replaceAll('`', '')

const play = plays({
  name: 'mattermost',
  secrets: { MATTERMOST_TOKEN: TOKEN },
  delivery,
  text,
  inResponse: true,
  asks: true,
  signed: ['authorization'],
  // Whose token stands in the body too.
  bare: good => ({ ...good, body: good.body.replace(/&token=\w+/, '') }),
  deadline: 3000,
  forged: (dev, words) => [
    ['another token', 'SignatureMismatch', delivery(dev, words, { token: 'another' })],
    ['another token in the body alone', 'SignatureMismatch', delivery(dev, words, { token: 'another', headers: {} })],
    ['another token in the header alone', 'SignatureMismatch', delivery(dev, words, { headers: { authorization: 'Token another' } })],
    ['a longer token', 'SignatureMismatch', delivery(dev, words, { token: `${TOKEN}x` })],
    ['no token', 'SignatureMismatch', delivery(dev, words, { token: '', headers: {} })],
    ['another scheme', 'MalformedHeader("authorization")', delivery(dev, words, { headers: { authorization: `Bearer ${TOKEN}` } })],
    ['a webhook\'s with another token', 'SignatureMismatch', webhook({ token: 'another' })],
    ['a webhook\'s without', 'MissingHeader("authorization")', webhook({ token: undefined })],
    ['Slack\'s', 'SignatureMismatch', { ...dev.slack(words), path: '/hooks/mattermost' }],
  ],
  odd: dev => ({
    'a sender with an empty id': delivery(dev, 'help', { user: '' }),
    'a sender without id': webhook({ user_id: undefined }),
  }),
  malformed: dev => [
    ['trigger_id', delivery(dev, 'help', { trigger_id: '' })],
    ['user_id', delivery(dev, 'help', { user: 'U 1' })],
    ['team_id', webhook({ team_id: 1 })],
    ['post_id', webhook({ post_id: undefined })],
  ],
})

test('help and refusals are for who asked, results for all', async () => {
  assert.equal((await play.say('help')).body.response_type, 'ephemeral')
  assert.equal((await play.say(`share ${IMAGE} cn-hangzhou`, { user: 'U9' })).body.response_type, 'ephemeral')
  assert.equal((await play.say('images cn-hangzhou')).body.response_type, 'in_channel')
})

test('an outgoing webhook says its token in the body', async () => {
  assert.equal((await play.deliver(webhook())).outcome, 'information')
})
