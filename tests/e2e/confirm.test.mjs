// The second yes: who may say it, where, to what, how often; and who hears of it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Dev, SHARED_IMAGE } from './harness.mjs'

const rule = (who, more = {}) => ({ who, where: ['slack:T1/*', 'standard:*'], operations: ['*'], confirm: 'risky', ...more })
const policy = (...allow) => ({ POLICY: JSON.stringify({ allow }) })
const OWN = rule(['slack:T1/U2', 'slack:T1/U4', 'slack:T1/U5', 'standard:*'])
const TWO = rule(['slack:T1/U3', 'slack:T1/U9'], { approvers: ['slack:T1/U8', 'slack:T1/U9'] })
const UNSHARE = `unshare ${SHARED_IMAGE} cn-hangzhou`
const UNSHARED = [{ image: SHARED_IMAGE, from: true, to: false }]
const REFUSED = 'This code confirms nothing here'

let dev
before(async () => { dev = await Dev.start(policy(OWN, TWO)) }, { timeout: 120_000 })
after(() => dev?.stop())
beforeEach(() => dev.reset())

const idOf = ({ text }) => text.match(/Command\W+([0-9A-HJKMNP-TV-Z]{12})/)[1]

/** A request that waits for its second yes. */
async function ask(user = 'U2') {
  const delivery = dev.slack(UNSHARE, { user })
  const answer = await dev.send(delivery)
  assert.equal(answer.outcome, 'waiting', answer.text)
  const id = idOf(answer)
  return { answer, delivery, id, code: answer.text.match(/confirm ([0-9A-Z]{12})/)[1], state: async () => (await dev.command(id)).command.state }
}

async function refuses(words, options) {
  const answer = await dev.say(words, options)
  assert.deepEqual([answer.outcome, answer.json.response_type], ['refusal', 'ephemeral'], words)
  assert.ok(answer.text.includes(REFUSED), answer.text)
  assert.ok(!answer.text.includes(SHARED_IMAGE), 'it does not say what for')
}

describe('what is asked', () => {
  const account = readFileSync(new URL('../../.dev.vars', import.meta.url), 'utf8').match(/^ALIBABA_CLOUD_ACCESS_KEY_ID="?([^"\n]+)/m)[1]
  const shown = [
    `Please confirm: ${UNSHARE}`,
    'The image can no longer be found or used in ECS.',
    `ImageId: ${SHARED_IMAGE}`,
    'RegionId: cn-hangzhou',
    `Account: ${account.slice(0, 4)}…${account.slice(-4)}`,
  ]

  test('one\'s own yes is asked for where nobody else reads it', async () => {
    const { answer: { json }, code } = await ask()
    for (const line of [...shown, 'If you are sure, type within 10 minutes:', `confirm ${code}`, `cancel ${code}`]) {
      assert.ok(json.text.includes(line), `${line}: ${json.text}`)
    }
    assert.equal(json.response_type, 'ephemeral')
  })

  test('somebody else\'s yes is asked for where they read it', async () => {
    const { answer: { json }, code } = await ask('U3')
    const one = 'One of slack:T1/U8, slack:T1/U9 must type here within 10 minutes:'
    for (const line of [...shown, one, `confirm ${code}`, `cancel ${code}`]) assert.ok(json.text.includes(line), `${line}: ${json.text}`)
    assert.equal(json.response_type, 'in_channel')
  })
})

describe('a code', () => {
  test('is for the asker, in the same place, once', async () => {
    const { code, state } = await ask()
    await refuses(`confirm ${code}`, { user: 'U4' })
    await refuses(`confirm ${code}`, { user: 'U2', channel: 'C2' })
    await refuses(`confirm ${code}`, { user: 'U2', team: 'T2' })
    await refuses(`cancel ${code}`, { user: 'U4' })
    await refuses(`cancel ${code}`, { user: 'U2', channel: 'C2' })
    assert.equal(await state(), 'AwaitingConfirmation')
    assert.deepEqual(await dev.journal(), [])
    assert.equal((await dev.say(`confirm ${code}`, { user: 'U2' })).outcome, 'success')
    await refuses(`confirm ${code}`, { user: 'U2' })
    await refuses(`cancel ${code}`, { user: 'U2' })
    assert.deepEqual(await dev.effects(), UNSHARED)
  })

  test('typed twice at the same time acts once', async () => {
    const { code } = await ask()
    const answers = await Promise.all([1, 2, 3].map(() => dev.say(`confirm ${code}`, { user: 'U2' })))
    assert.deepEqual(answers.map(({ outcome }) => outcome).sort(), ['refusal', 'refusal', 'success'])
    assert.deepEqual(await dev.effects(), UNSHARED)
  })

  test('is for one request: not for another of the same person, nor for what its delivery is changed to', async () => {
    const say = (id, words) => dev.send(dev.standard({ command: words }, { id }))
    const first = await say('msg_first', UNSHARE)
    const code = first.text.match(/confirm ([0-9A-Z]{12})/)[1]
    const changed = await say('msg_first', 'DeleteCustomImage ImageId=m-bp1e79zktg26n2b0003 RegionId=cn-hangzhou')
    assert.equal(changed.outcome, 'refusal')
    assert.ok(changed.text.includes('This delivery id was used for another command'), changed.text)
    const second = await say('msg_second', 'DeleteCustomImage ImageId=m-bp1e79zktg26n2b0004 RegionId=cn-hangzhou')
    assert.equal(second.outcome, 'waiting')
    assert.equal((await say('msg_third', `confirm ${code}`)).outcome, 'success')
    assert.deepEqual(await dev.effects(), UNSHARED)
    const [waiting] = (await dev.api('commands?operation=DeleteCustomImage')).json.commands
    assert.deepEqual([waiting.state, waiting.parameters.ImageId], ['AwaitingConfirmation', 'm-bp1e79zktg26n2b0004'])
  })

  test('is over once another was told for the same request, or the request was taken back', async () => {
    const { code, delivery, state } = await ask()
    const again = (await dev.send(delivery)).text.match(/confirm ([0-9A-Z]{12})/)[1]
    await refuses(`confirm ${code}`, { user: 'U2' })
    assert.equal((await dev.say(`cancel ${again}`, { user: 'U2' })).outcome, 'information')
    await refuses(`confirm ${again}`, { user: 'U2' })
    assert.equal(await state(), 'Cancelled')
    assert.deepEqual(await dev.journal(), [])
  })

  test('is read as people type it', async () => {
    const { code } = await ask()
    const typed = code.toLowerCase().replace(/(....)(....)/, '$1-$2-')
    assert.equal((await dev.say(`confirm ${typed}`, { user: 'U2' })).outcome, 'success')
  })
})

describe('the buttons', () => {
  test('say what would be typed, and the result comes over the click\'s own way back', async () => {
    const { answer } = await ask()
    const theirs = dev.click(answer, 'Confirm', { user: 'U4' })
    assert.equal((await dev.send(theirs)).text, '')
    assert.equal((await dev.followUp(theirs.followUpPath)).outcome, 'refusal')
    const mine = dev.click(answer, 'Confirm', { user: 'U2' })
    assert.equal((await dev.send(mine)).text, '')
    assert.equal((await dev.followUp(mine.followUpPath)).outcome, 'success')
    assert.deepEqual(await dev.effects(), UNSHARED)
  })

  test('the result comes once although the platform takes its time to take it', async () => {
    const { answer, id } = await ask()
    let tells = []
    const release = dev.holdFollowUps()
    const click = dev.click(answer, 'Confirm', { user: 'U2' })
    await dev.send(click)
    await dev.followUp(click.followUpPath)
    // As long as that is not given up, nothing else is sent.
    setTimeout(release, 4_000)
    await (await dev.followUp(click.followUpPath)).answered
    // It is written down at once.
    for (let tries = 0; tries < 100 && tells.length === 0; tries++) {
      tells = (await dev.command(id)).audit.filter(({ event }) => event === 'Tell')
    }
    assert.deepEqual(tells.map(({ outcome }) => outcome), ['answered'])
    assert.equal(dev.followUps.filter(({ path }) => path === click.followUpPath).length, 1)
  })
})

describe('wrong codes', () => {
  test('ten of them, and no code of that person is taken for a while', async () => {
    const { code, id, state } = await ask('U5')
    for (let n = 0; n < 10; n++) await refuses(`${n % 2 ? 'cancel' : 'confirm'} 00000000000${n}`, { user: 'U5' })
    const tooMany = async words => {
      const answer = await dev.say(words, { user: 'U5' })
      assert.equal(answer.outcome, 'refusal')
      assert.ok(answer.text.includes('Too many wrong codes'), answer.text)
      assert.match(answer.text, /Codes can be tried again in (9|10) minutes/)
    }
    await tooMany(`confirm ${code}`)
    await tooMany(`cancel ${code}`)
    await tooMany('confirm 000000000000')
    await dev.killWorkerd()
    await tooMany(`confirm ${code}`)
    assert.equal(await state(), 'AwaitingConfirmation')
    assert.deepEqual(await dev.journal(), [])
    const rows = (await dev.api('audit')).text.trim().split('\n').map(line => JSON.parse(line))
    const refused = rows.filter(({ event, who }) => event === 'Refuse' && who === 'slack:T1/U5').map(({ outcome }) => outcome)
    assert.deepEqual(refused, [
      ...Array(5).fill(['confirm', 'cancel']).flat(), ...Array(4).fill('too many wrong codes'),
    ])
    // Others have tries of their own, and one's own command is known by its id as well.
    const other = await ask('U4')
    assert.equal((await dev.say(`cancel ${other.code}`, { user: 'U4' })).outcome, 'information')
    assert.equal((await dev.say(`cancel ${id}`, { user: 'U5' })).outcome, 'information')
    assert.equal(await state(), 'Cancelled')
  })
})

describe('approvers', () => {
  test('the asker cannot approve, nor who is none, nor one elsewhere; an approver can', async () => {
    const { code, state } = await ask('U3')
    await refuses(`confirm ${code}`, { user: 'U3' })
    await refuses(`confirm ${code}`, { user: 'U2' })
    await refuses(`confirm ${code}`, { user: 'U8', channel: 'C2' })
    await refuses(`confirm ${code}`, { user: 'U8', team: 'T2' })
    assert.equal(await state(), 'AwaitingConfirmation')
    assert.deepEqual(await dev.journal(), [])
    const approved = await dev.say(`confirm ${code}`, { user: 'U8' })
    assert.equal(approved.outcome, 'success')
    assert.equal(approved.json.response_type, 'in_channel')
    assert.equal((await dev.command(idOf(approved))).command.answered_by, 'slack:T1/U8')
    assert.deepEqual(await dev.effects(), UNSHARED)
  })

  test('an approver who asks needs another one', async () => {
    const { code } = await ask('U9')
    await refuses(`confirm ${code}`, { user: 'U9' })
    // By way of another organisation it is the same person.
    await refuses(`confirm ${code}`, { user: 'U9', team: 'T2' })
    assert.equal((await dev.say(`confirm ${code}`, { user: 'U8' })).outcome, 'success')
    assert.deepEqual(await dev.effects(), UNSHARED)
  })

  test('what an approver takes back the asker is told, once', async () => {
    const { code, id, delivery, state } = await ask('U3')
    const answer = await dev.say(`cancel ${code}`, { user: 'U8' })
    assert.equal(answer.outcome, 'information')
    const { outcome, body } = await dev.followUp(delivery.followUpPath)
    assert.equal(outcome, 'information')
    assert.ok(body.text.includes(`Cancelled: ${UNSHARE}`), body.text)
    assert.equal(await state(), 'Cancelled')
    assert.equal((await dev.command(id)).command.answered_by, 'slack:T1/U8')
    assert.equal((await dev.say(`confirm ${code}`, { user: 'U9' })).outcome, 'refusal')
    assert.deepEqual(await dev.journal(), [])
  })

  test('the asker takes it back by its code or id, and is told by the answer alone', async () => {
    for (const word of ['code', 'id']) {
      const asked = await ask('U3')
      assert.equal((await dev.say(`cancel ${asked[word]}`, { user: 'U3' })).outcome, 'information')
      assert.equal(await asked.state(), 'Cancelled')
      await refuses(`confirm ${asked.code}`, { user: 'U8' })
    }
    assert.deepEqual(await dev.journal(), [])
  })
})

describe('a policy that has changed since', () => {
  /** The messages to where a command came from, once one that is due later has come. */
  async function told({ followUpPath }) {
    await dev.faults({ next: 1, kind: 'status:500' })
    const later = dev.slack('regions', { user: 'U4' })
    await dev.send(later)
    await dev.followUp(later.followUpPath)
    return dev.followUps.filter(({ path }) => path === followUpPath).map(({ outcome }) => outcome)
  }

  test('a rule taken back lets nothing go any more; the asker hears it once', async () => {
    const own = await ask('U2')
    const two = await ask('U3')
    await dev.restart(policy(rule(['slack:T1/U4']), rule(['slack:T1/U7'])))
    for (const [{ code, state, delivery }, user, followUps] of [[own, 'U2', []], [two, 'U8', ['refusal']]]) {
      const denied = await dev.say(`confirm ${code}`, { user })
      assert.equal(denied.outcome, 'refusal')
      assert.ok(denied.text.includes(`Not allowed: ${UNSHARE}`), denied.text)
      assert.ok(denied.text.includes('The policy has changed since it was asked for.'), denied.text)
      assert.equal(await state(), 'Denied')
      assert.deepEqual(await told(delivery), followUps)
      await refuses(`confirm ${code}`, { user })
    }
    assert.deepEqual(await dev.effects(), [])
  })

  test('the approvers are today\'s', async () => {
    await dev.restart(policy(OWN, TWO))
    const { code } = await ask('U3')
    await dev.restart(policy(OWN, { ...TWO, approvers: ['slack:T1/U7'] }))
    await refuses(`confirm ${code}`, { user: 'U8' })
    assert.equal((await dev.say(`confirm ${code}`, { user: 'U7' })).outcome, 'success')
    assert.deepEqual(await dev.effects(), UNSHARED)
  })
})
