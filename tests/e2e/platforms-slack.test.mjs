// Slack: what commands.test.mjs and confirm.test.mjs do not: presses and choices are answered over their response_url.
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { IMAGE, SHARED_IMAGE } from './harness.mjs'
import { plays, random } from './platforms.mjs'

const SECRET = randomBytes(16).toString('hex')

function signed(body, { secret = SECRET, now = Math.floor(Date.now() / 1000), more = {} } = {}) {
  const headers = {
    'content-type': body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': String(now),
    'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${now}:${body}`).digest('hex')}`,
    ...more,
  }
  return { path: '/hooks/slack', headers, body }
}

function delivery(dev, text, { user = 'U1', ...signing } = {}) {
  const messages = `/commands/${random()}`
  const form = new URLSearchParams({
    token: 'deprecated', team_id: 'T1', team_domain: 'example', channel_id: 'C1', channel_name: 'ops', user_id: user,
    user_name: 'somebody', command: '/swas', text, api_app_id: 'A1', response_url: `${dev.followUpUrl}${messages}`,
    trigger_id: `1.2.${random()}`,
  })
  return { ...signed(form.toString(), signing), messages }
}

function act(dev, action, { user = 'U1' } = {}) {
  const messages = `/actions/${random()}`
  const payload = JSON.stringify({
    type: 'block_actions', user: { id: user, team_id: 'T1' }, team: { id: 'T1' }, channel: { id: 'C1' },
    container: { type: 'message', message_ts: `1.${random()}`, channel_id: 'C1' }, api_app_id: 'A1',
    response_url: `${dev.followUpUrl}${messages}`, actions: [{ ...action, action_ts: `2.${random()}` }],
  })
  return { ...signed(new URLSearchParams({ payload }).toString()), messages, inResponse: false }
}

const elements = message => message.blocks.filter(({ type }) => type === 'actions').flatMap(block => block.elements)
const text = message => message.blocks.map(block => block.text?.text ?? '').join('\n').replaceAll('`', '')
  .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

const play = plays({
  name: 'slack',
  secrets: { SLACK_SIGNING_SECRET: SECRET },
  delivery,
  text,
  inResponse: true,
  forged: (dev, words) => {
    const good = delivery(dev, words)
    return [
      ['SignatureMismatch', delivery(dev, words, { secret: 'another' })],
      ['SignatureMismatch', { ...good, body: `${good.body}&` }],
      ['MissingHeader("x-slack-signature")', { ...good, headers: {} }],
      ['Early { ahead: 3600 }', delivery(dev, words, { now: Math.floor(Date.now() / 1000) + 3600 })],
      ['Stale { age: 3600 }', delivery(dev, words, { now: Math.floor(Date.now() / 1000) - 3600 })],
    ]
  },
})

test('unshare is confirmed by a button, by nobody else', async () => {
  const asked = await play.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
  const [confirm, cancel] = elements(asked.body)
  assert.deepEqual([confirm.style, cancel.style], ['danger', undefined])
  assert.equal((await play.deliver(act(play.dev, confirm, { user: 'U1' }))).outcome, 'refusal')
  assert.deepEqual(await play.dev.effects(), [])
  assert.equal((await play.deliver(act(play.dev, confirm, { user: 'U2' }))).outcome, 'success')
  assert.deepEqual(await play.dev.effects(), [{ image: SHARED_IMAGE, from: true, to: false }])
})

test('a list of images offers what would change each, and a choice of a menu does it', async () => {
  const offered = elements((await play.say('images cn-hangzhou')).body)
    .flatMap(part => part.options?.map(({ value }) => value) ?? part.value)
  const share = `share ${IMAGE} cn-hangzhou`
  assert.ok(offered.includes(share) && offered.includes(`unshare ${SHARED_IMAGE} cn-hangzhou`), offered)
  const choice = act(play.dev, { type: 'static_select', action_id: 'say', selected_option: { value: share } })
  assert.equal((await play.deliver(choice)).outcome, 'success')
  assert.deepEqual(await play.dev.effects(), [{ image: IMAGE, from: false, to: true }])
})

test('what is not ours is acknowledged and nothing else, however often it is sent', async () => {
  const event = number => signed(
    JSON.stringify({ type: 'event_callback', team_id: 'T1', event_id: 'Ev1', event: { type: 'app_mention', text: 'help' } }),
    { more: { 'x-slack-retry-num': number, 'x-slack-retry-reason': 'http_timeout' } },
  )
  const other = act(play.dev, { type: 'button', action_id: 'theirs', value: `share ${IMAGE}` })
  for (const odd of [event('1'), event('3'), other]) {
    const answer = await play.dev.send(odd)
    assert.deepEqual([answer.status, answer.text, answer.outcome], [200, '', null])
  }
})
