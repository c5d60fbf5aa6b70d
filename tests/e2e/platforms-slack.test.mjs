// Slack: presses and choices are answered over their response_url. slack-edge must take what is signed here, and refuse what is
// forged. More of what only Slack's commands do is in commands.test.mjs and confirm.test.mjs.
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { verifySlackRequest } from 'slack-edge'
import { IMAGE, SHARED_IMAGE } from './harness.mjs'
import { later, plays, random } from './platforms.mjs'

const SECRET = randomBytes(16).toString('hex')

function signed(body, { secret = SECRET, now = later(0), more = {} } = {}) {
  const headers = {
    'content-type': body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': String(now),
    'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${now}:${body}`).digest('hex')}`,
    ...more,
  }
  return { path: '/hooks/slack', headers, body }
}

function delivery(dev, text, { user = 'U1', secret, now, ...more } = {}) {
  const messages = `/commands/${random()}`
  const form = new URLSearchParams({
    token: 'deprecated', team_id: 'T1', team_domain: 'example', channel_id: 'C1', channel_name: 'ops', user_id: user,
    user_name: 'somebody', command: '/swas', text, api_app_id: 'A1', response_url: `${dev.followUpUrl}${messages}`,
    trigger_id: `1.2.${random()}`, ...more,
  })
  return { ...signed(form.toString(), { secret, now }), messages }
}

function act(dev, action, { user } = { user: 'U1' }) {
  const messages = `/actions/${random()}`
  const payload = JSON.stringify({
    type: 'block_actions', user: { id: user, team_id: 'T1' }, team: { id: 'T1' }, channel: { id: 'C1' },
    container: { type: 'message', message_ts: `1.${random()}`, channel_id: 'C1' }, api_app_id: 'A1',
    response_url: `${dev.followUpUrl}${messages}`, actions: [{ ...action, action_ts: `2.${random()}` }],
  })
  return { ...signed(new URLSearchParams({ payload }).toString()), messages, inResponse: false }
}

const event = event => signed(JSON.stringify({ type: 'event_callback', team_id: 'T1', event_id: `Ev${random()}`, event }))
const CHALLENGE = '{"type":"url_verification","challenge":"c"}'

const elements = message => message.blocks.filter(({ type }) => type === 'actions').flatMap(block => block.elements)
const text = message => message.blocks.map(block => block.text?.text ?? '').join('\n').replaceAll('`', '')
  .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

const play = plays({
  name: 'slack',
  secrets: { SLACK_SIGNING_SECRET: SECRET },
  delivery,
  text,
  inResponse: true,
  signed: ['x-slack-signature', 'x-slack-request-timestamp'],
  bodyIsSigned: true,
  deadline: 3000,
  forged: (dev, words) => {
    const good = delivery(dev, words)
    const signature = value => ({ ...good, headers: { ...good.headers, 'x-slack-signature': value } })
    return [
      ['another secret', 'SignatureMismatch', delivery(dev, words, { secret: 'another' })],
      ['another version', 'UnknownVersion("x-slack-signature")', signature(good.headers['x-slack-signature'].replace('v0', 'v1'))],
      ['half a signature', 'MalformedHeader("x-slack-signature")', signature('v0=00')],
      ['an hour ahead', 'Early { ahead: 3600 }', delivery(dev, words, { now: later(3600) })],
      ['an hour old', 'Stale { age: 3600 }', delivery(dev, words, { now: later(-3600) })],
      ['unsigned, and more than a check of the certificate', 'MissingHeader("x-slack-signature")', { ...good, headers: {}, body: `ssl_check=1&${good.body}` }],
      ['an unsigned check of the address', 'MissingHeader("x-slack-signature")', { path: good.path, headers: {}, body: CHALLENGE }],
    ]
  },
  odd: dev => ({
    'an event nobody asked for': event({ type: 'app_mention', text: `share ${IMAGE}` }),
    'a message of a bot': event({ type: 'message', subtype: 'bot_message', bot_id: 'B1', text: `share ${IMAGE}` }),
    'an edited message': event({ type: 'message', subtype: 'message_changed', message: { text: 'help' } }),
    'a button of another': act(dev, { type: 'button', action_id: 'theirs', value: `share ${IMAGE}` }),
    'a kind nobody knows': signed(new URLSearchParams({ payload: '{"type":"hologram"}' }).toString()),
    'a check of the certificate': { path: '/hooks/slack', headers: {}, body: 'ssl_check=1&token=x' },
  }),
  malformed: dev => [
    ['not JSON', signed('{')],
    ['payload', signed('payload=%7B')],
    ['user_id', delivery(dev, 'help', { user: '' })],
    ['team_id', delivery(dev, 'help', { team_id: 't1' })],
    ['team_id', signed('')],
    ['user.id', act(dev, { type: 'button', action_id: 'say.0', value: 'help' }, { user: undefined })],
  ],
})

test('the check of the address is answered to who signs it', async () => {
  const answer = await play.dev.send(signed(CHALLENGE))
  assert.deepEqual([answer.status, answer.json], [200, { challenge: 'c' }])
})

test('a repeated delivery is noted, and acts once', async () => {
  const first = delivery(play.dev, `share ${IMAGE} cn-hangzhou`)
  assert.equal((await play.deliver(first)).outcome, 'success')
  const again = number => ({ ...first, headers: { ...first.headers, 'x-slack-retry-num': number, 'x-slack-retry-reason': 'http_timeout' } })
  assert.equal((await play.deliver(again('1'))).outcome, 'success')
  await play.dev.logged({ event: 'repeated', platform: 'slack', times: 1 })
  // No signature covers the number.
  assert.equal((await play.deliver(again('-1"'))).outcome, 'success')
  assert.equal((await play.deliver(again('3'))).outcome, 'success')
  await play.dev.logged({ event: 'repeated', platform: 'slack', times: 3 })
  assert.equal((await play.dev.effects()).length, 1)
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

test('slack-edge takes what is signed here and refuses what is forged', async () => {
  const takes = ({ headers, body }, secret = SECRET) => verifySlackRequest(secret, new Headers(headers), body)
  const good = delivery(play.dev, 'help')
  assert.equal(await takes(good), true)
  assert.equal(await takes({ ...good, body: `${good.body} ` }), false)
  assert.equal(await takes(good, 'another'), false)
})
