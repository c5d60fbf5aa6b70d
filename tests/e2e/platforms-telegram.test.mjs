// Telegram: a token says who sends; every answer is a message of the bot's; buttons. grammY must take what is sent here.
import { Bot, webhookCallback } from 'grammy'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { IMAGE, SHARED_IMAGE } from './harness.mjs'
import { plays, random } from './platforms.mjs'

const [SECRET, BOT] = [`secret_${random()}`, `123456:${random()}`]
const number = () => randomBytes(5).readUIntBE(0, 5)
const id = user => Number(user.replace(/\D/g, ''))
const chat = { id: 1, title: 'ops', type: 'supergroup' }
const SENT = '{"ok":true,"result":{"message_id":3}}'

const TOKEN = 'x-telegram-bot-api-secret-token'

function sent(update, secret = SECRET) {
  return { path: '/hooks/telegram', headers: { 'content-type': 'application/json', [TOKEN]: secret }, body: JSON.stringify(update) }
}

/** What the bot sends in answer to this message. */
const answers = message => ({ path, body }) => path === `/bot${BOT}/sendMessage` && body.reply_parameters.message_id === message

const person = user => ({ id: id(user), is_bot: false, first_name: 'Ann', language_code: 'en' })

function delivery(_, text, { user = 'U1', secret, message = {} } = {}) {
  const message_id = number()
  const update = {
    update_id: number(),
    message: { message_id, from: person(user), chat, date: Math.floor(Date.now() / 1000), text: `/${text}`, ...message },
  }
  return { ...sent(update, secret), messages: answers(message_id) }
}

function press(button, { user = 'U1' } = {}) {
  const message_id = number()
  const query = `q${random()}`
  const message = { message_id, from: { id: 7, is_bot: true, first_name: 'ops' }, chat, date: 1, text: '?' }
  const update = {
    update_id: number(),
    callback_query: { id: query, from: person(user), message, chat_instance: '3', data: button.callback_data },
  }
  const acknowledged = JSON.stringify({ method: 'answerCallbackQuery', callback_query_id: query })
  return { ...sent(update), messages: answers(message_id), acknowledged }
}

const buttons = message => message.reply_markup.inline_keyboard.flat()
const text = message => message.text
  .replaceAll('\u200b', '').replace(/<\/?(b|code)>/g, '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

const play = plays({
  name: 'telegram',
  secrets: { TELEGRAM_WEBHOOK_SECRET: SECRET, TELEGRAM_BOT_TOKEN: BOT },
  person: user => `telegram:default/${id(user)}`,
  delivery,
  text,
  asks: true,
  answer: () => SENT,
  signed: [TOKEN],
  forged: (dev, words) => [
    ['another token', 'SignatureMismatch', delivery(dev, words, { secret: 'another' })],
    ['a longer token', 'SignatureMismatch', delivery(dev, words, { secret: `${SECRET}x` })],
    ['a shorter token', 'SignatureMismatch', delivery(dev, words, { secret: SECRET.slice(0, -1) })],
    ['the token in the other case', 'SignatureMismatch', delivery(dev, words, { secret: SECRET.toUpperCase() })],
    ['an empty token', 'SignatureMismatch', delivery(dev, words, { secret: '' })],
    ['the token of the bot', 'SignatureMismatch', delivery(dev, words, { secret: BOT })],
  ],
  // An error would be repeated for a day, and would keep the chat's next messages back.
  odd: dev => {
    const { message } = JSON.parse(delivery(dev, `share ${IMAGE} cn-hangzhou`).body)
    return {
      'talk in a group': delivery(dev, '', { message: { text: 'share the news' } }),
      'a message of a bot': delivery(dev, 'help', { message: { from: { id: 8, is_bot: true, first_name: 'b' } } }),
      'a message in a channel\'s name': delivery(dev, 'help', { message: { sender_chat: { id: -100, type: 'channel' } } }),
      'a sender without id': delivery(dev, 'help', { message: { from: { is_bot: false } } }),
      'a sender whose id is no number': delivery(dev, 'help', { message: { from: { id: 'U1', is_bot: false } } }),
      'an edited message': sent({ update_id: 1, edited_message: message }),
      'a kind nobody knows': sent({ update_id: 1, hologram: {} }),
      'a picture': delivery(dev, '', { message: { text: undefined, photo: [] } }),
      'no JSON': { ...sent({}), body: '{' },
      'JSON of another shape': sent([]),
      'nothing': { ...sent({}), body: '' },
    }
  },
})

test('unshare is confirmed by a button, by nobody else', async () => {
  const asked = await play.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
  const [confirm, cancel] = buttons(asked.body)
  assert.deepEqual([confirm.style, cancel.style], ['danger', undefined])
  assert.equal((await play.deliver(press(confirm, { user: 'U1' }))).outcome, 'refusal')
  assert.deepEqual(await play.dev.effects(), [])
  assert.equal((await play.deliver(press(confirm, { user: 'U2' }))).outcome, 'success')
  assert.deepEqual(await play.dev.effects(), [{ image: SHARED_IMAGE, from: true, to: false }])
})

test('a button cancels', async () => {
  const [confirm, cancel] = buttons((await play.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })).body)
  assert.equal((await play.deliver(press(cancel, { user: 'U2' }))).outcome, 'information')
  assert.equal((await play.deliver(press(confirm, { user: 'U2' }))).outcome, 'refusal')
  assert.deepEqual(await play.dev.effects(), [])
})

test('a topic is answered in the topic', async () => {
  const asked = delivery(play.dev, 'help', { message: { message_thread_id: 9, is_topic_message: true } })
  const { body } = await play.deliver(asked)
  assert.deepEqual([body.chat_id, body.message_thread_id, body.parse_mode], [1, 9, 'HTML'])
})

test('grammY takes what is sent here and refuses what is forged', async () => {
  const bot = new Bot(BOT, { botInfo: { id: 123456, is_bot: true, first_name: 'ops', username: 'ops_bot' } })
  const heard = []
  bot.command('help', ({ from }) => { heard.push(from.id) })
  bot.on('callback_query:data', ({ callbackQuery }) => { heard.push(callbackQuery.data) })
  const handle = webhookCallback(bot, 'std/http', { secretToken: SECRET })
  const status = async ({ path, headers, body }) => (await handle(new Request(`http://localhost${path}`, { method: 'POST', headers, body }))).status
  const entities = [{ offset: 0, length: 5, type: 'bot_command' }]
  assert.equal(await status(delivery(play.dev, 'help', { message: { entities } })), 200)
  assert.equal(await status(press({ callback_data: 'confirm X' })), 200)
  assert.deepEqual(heard, [1, 'confirm X'])
  assert.equal(await status(delivery(play.dev, 'help', { secret: 'another' })), 401)
})
