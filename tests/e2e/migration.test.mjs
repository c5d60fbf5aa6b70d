// Ledgers of other releases: an earlier one goes on where it was, a later one is left as it is.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Dev, IMAGE, SHARED_IMAGE } from './harness.mjs'

const DATABASE = 'objects/opshook-Ledger/1fc199aeb4892759f96b4eff5779362c9f3f3ea7b3c9dace9c2bcaa66288ea94.sqlite'
const fixture = name => readFileSync(new URL(`fixtures/${name}`, import.meta.url))

/** Puts a database where workerd looks for it. */
function put(dev, bytes) {
  const path = join(dev.state, DATABASE)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}

/** Other bytes of the same length, wherever they stand. */
function replaced(bytes, from, to) {
  assert.equal(from.length, to.length)
  const out = Buffer.from(bytes)
  for (let at = out.indexOf(from); at >= 0; at = out.indexOf(from, at)) out.set(to, at)
  return out
}

/** The database of version 1, with its ways back leading here. */
const first = dev => replaced(fixture('ledger-1.sqlite'), Buffer.from(':33791/'), Buffer.from(`:${new URL(dev.followUpUrl).port}/`))

// See fixtures/README.md.
const DONE = { id: 'C2AHN1YFF609', words: 'share m-bp1e79zktg26n2b0001 cn-hangzhou', delivery: 'dc9c1573336b8ff9' }
const FAILED = { id: 'NRKER8TGPSP4', words: 'share m-bp1e79zktg26n2b9999 cn-hangzhou', delivery: 'd3a98c4e9fb534cc' }
const UNTOLD = { id: '9HQDAMB0S7RM' }
const WAITING = { id: 'Q9CE57VB5JE9', token: '4f46b5de-a633-21d3-e484-8fcdb3ccafe6' }
const QUEUED = { id: 'M666CS5MB5FY', token: 'c3082bc5-f46c-e4e0-926c-a9530db0c647' }
const HELD = { id: 'DQHCNV8YVRA3', code: '82DN8NZEVZ3E', words: `unshare ${SHARED_IMAGE} cn-hangzhou`, delivery: '5607568f2f67f08b' }
const IN_ORDER = [QUEUED, WAITING, UNTOLD, HELD, FAILED, DONE].map(({ id }) => id)
const THEIR_IMAGE = 'm-bp1e79zktg26n2b0004'

describe('a ledger of version 1', () => {
  let dev
  before(async () => { dev = await Dev.start({}, { prepare: dev => put(dev, first(dev)) }) }, { timeout: 120_000 })
  after(() => dev?.stop())

  const again = ({ words, delivery: id }, user) => dev.send(dev.slack(words, { id, user }))

  async function answersAsBefore() {
    const done = await again(DONE)
    assert.equal(done.outcome, 'success')
    for (const text of [`Done: ${DONE.words}`, 'E220A839-7B1D-4DAF-AE78-9E6AA1B965F4', DONE.id]) assert.ok(done.text.includes(text), done.text)
    const failed = await again(FAILED)
    assert.equal(failed.outcome, 'failure')
    for (const text of [`Failed: ${FAILED.words}`, 'InvalidImageId.NotFound', '06C45D18-8009-454F-B88B-B8A8724C81EC']) {
      assert.ok(failed.text.includes(text), failed.text)
    }
    const images = (await dev.journal()).map(({ parameters }) => parameters.ImageId)
    assert.deepEqual(images.filter(image => [IMAGE, 'm-bp1e79zktg26n2b9999'].includes(image)), [])
  }

  test('what was done is answered as it was, and not done again', answersAsBefore)

  test('what had not been told is told', async () => {
    const { outcome, body } = await dev.followUp('/commands/undelivered')
    assert.equal(outcome, 'success')
    assert.ok(body.text.includes('1B39896A-51A8-449B-93CB-9F0C747EA2EA'), body.text)
  })

  test('what waited goes on, in its order, with its client tokens', async () => {
    for (const path of ['/commands/waiting', '/commands/queued']) {
      const { outcome, body } = await dev.followUp(path)
      assert.equal(outcome, 'success', body.text)
    }
    const writes = (await dev.journal()).filter(({ operation }) => operation === 'ModifyImageShareStatus')
    assert.deepEqual(writes.map(({ client_token, effect }) => [client_token, effect.image, effect.to]), [
      [WAITING.token, THEIR_IMAGE, true], [QUEUED.token, THEIR_IMAGE, false],
    ])
    const shown = async ({ id }) => {
      const { state, attempts, seen } = (await dev.command(id)).command
      return [state, attempts, seen]
    }
    assert.deepEqual(await shown(WAITING), ['Succeeded', 4, 'Confirmed'])
    assert.deepEqual(await shown(QUEUED), ['Succeeded', 1, 'Confirmed'])
  })

  test('all of it is shown and found', async () => {
    const ids = async query => (await dev.api(`commands?${query}`)).json.commands.map(({ id }) => id)
    assert.deepEqual(await ids(''), IN_ORDER)
    assert.deepEqual(await ids('operation=ModifyImageShareStatus'), IN_ORDER)
    assert.deepEqual(await ids('state=Failed'), [FAILED.id])
    assert.deepEqual(await ids('state=AwaitingConfirmation'), [HELD.id])
    assert.deepEqual(await ids('who=slack:T1/U2'), [HELD.id])
    assert.deepEqual(await ids(`image=${IMAGE}`), [DONE.id])
    assert.deepEqual(await ids(`image=${THEIR_IMAGE}`), [QUEUED.id, WAITING.id])
    assert.ok((await dev.say(`status ${UNTOLD.id}`)).text.includes('Done: share m-uf6a2kq8x0c5d1f0001 cn-shanghai'))
    assert.equal((await dev.say(`status ${HELD.id}`)).outcome, 'refusal', 'somebody else\'s')
  })

  test('the code is still good, for its person and once', async () => {
    const confirm = options => dev.say(`confirm ${HELD.code}`, options)
    assert.equal((await confirm({ user: 'U1' })).outcome, 'refusal')
    assert.equal((await confirm({ user: 'U2', channel: 'C2' })).outcome, 'refusal')
    assert.equal((await confirm({ user: 'U2' })).outcome, 'success')
    assert.equal((await confirm({ user: 'U2' })).outcome, 'refusal')
    const effects = (await dev.effects()).filter(({ image }) => image === SHARED_IMAGE)
    assert.deepEqual(effects, [{ image: SHARED_IMAGE, from: true, to: false }])
  })

  test('what is new goes its way beside it, and the audit begins', async () => {
    assert.equal((await dev.say(`share ${IMAGE} cn-hangzhou`)).outcome, 'success')
    const { audit } = await dev.command(WAITING.id)
    assert.deepEqual(audit.map(({ event }) => event), ['Begin', 'Act', 'Succeed', 'Tell'])
    assert.equal(JSON.parse((await dev.api('audit?limit=1')).text).seq, 1)
  })

  test('started again it is as it was, and nothing is done or told twice', async () => {
    await dev.restart()
    await answersAsBefore()
    // A message of later on: whatever else was due has been sent before it.
    await dev.faults({ next: 1, kind: 'status:500' })
    const later = dev.slack('regions')
    await dev.send(later)
    await dev.followUp(later.followUpPath)
    assert.deepEqual(await dev.effects(), [])
    for (const path of ['undelivered', 'waiting', 'queued', 'succeeded', 'failed', 'awaiting']) {
      const told = dev.followUps.filter(followUp => followUp.path === `/commands/${path}`).length
      assert.equal(told, ['undelivered', 'waiting', 'queued'].includes(path) ? 1 : 0, path)
    }
  })
})

test('what was asked for before there were languages is told in the configured one', async () => {
  const dev = await Dev.start({ LANGUAGE: 'zh' }, { prepare: dev => put(dev, first(dev)) })
  try {
    const failed = await dev.send(dev.slack(FAILED.words, { id: FAILED.delivery }))
    for (const text of [`失败：${FAILED.words}`, '该地域和账号下没有此自定义镜像']) assert.ok(failed.text.includes(text), failed.text)
    const { body } = await dev.followUp('/commands/waiting')
    assert.match(body.text, /已完成：share m-bp1e79zktg26n2b0004 cn-hangzhou/)
  } finally {
    await dev.stop()
  }
})

test('a code whose time has passed confirms nothing, and the asker hears that it expired', async () => {
  // The time stands in the record as text and in the columns as six bytes.
  const forms = time => {
    const bytes = Buffer.alloc(6)
    bytes.writeUIntBE(time, 0, 6)
    return [Buffer.from(String(time)), bytes]
  }
  const [good, over] = [4102444800000, 1795610800000].map(forms)
  const passed = dev => good.reduce((bytes, form, at) => replaced(bytes, form, over[at]), first(dev))
  const dev = await Dev.start({}, { prepare: dev => put(dev, passed(dev)) })
  try {
    const answer = await dev.say(`confirm ${HELD.code}`, { user: 'U2' })
    assert.equal(answer.outcome, 'refusal')
    assert.ok(answer.text.includes('This code confirms nothing here'), answer.text)
    const { outcome, body } = await dev.followUp('/commands/awaiting')
    assert.equal(outcome, 'failure')
    for (const text of [`Expired: ${HELD.words}`, 'Nothing was sent.']) assert.ok(body.text.includes(text), body.text)
    const { command, audit } = await dev.command(HELD.id)
    assert.equal(command.state, 'Expired')
    assert.deepEqual(audit.slice(0, 2).map(({ event, who, outcome }) => [event, who, outcome]), [
      ['Refuse', 'slack:T1/U2', 'confirm'], ['Lapse', 'gateway', null],
    ])
    assert.deepEqual((await dev.effects()).filter(({ image }) => image === SHARED_IMAGE), [])
  } finally {
    await dev.stop()
  }
})

test('a row that cannot be read keeps nothing else from going on', async () => {
  const [row, broken] = ['{', '?'].map(brace => Buffer.from(`${brace}"answered_by":null,"attempts":1,"conclusion":{"code":"Inv`))
  const dev = await Dev.start({}, { prepare: dev => put(dev, replaced(first(dev), row, broken)) })
  try {
    assert.equal((await dev.say('regions')).outcome, 'success')
    for (const path of ['/commands/undelivered', '/commands/waiting', '/commands/queued']) {
      assert.equal((await dev.followUp(path)).outcome, 'success')
    }
    const { commands } = (await dev.api('commands?operation=ModifyImageShareStatus')).json
    assert.deepEqual(commands.map(({ id }) => id), IN_ORDER.filter(id => id !== FAILED.id))
    assert.equal((await dev.api('commands')).json.commands.length, 6)
    await dev.logged({ event: 'unreadable record', command: FAILED.id })
  } finally {
    await dev.stop()
  }
})

test('a ledger of a later release is left as it is, and everybody is told so', async () => {
  const bytes = fixture('ledger-99.sqlite')
  const dev = await Dev.start({}, { prepare: dev => put(dev, bytes) })
  try {
    const [title, versions, then] = [
      'The ledger was written by a newer release',
      "The ledger's tables have version 99; this release of the gateway knows 2.",
      'Deploy the newer release again. Nothing was changed, nothing was sent.',
    ]
    for (const words of [`share ${IMAGE} cn-hangzhou`, HELD.words, 'regions', 'status', `status ${DONE.id}`, 'log', `confirm ${HELD.code}`, `cancel ${DONE.id}`]) {
      const answer = await dev.say(words)
      assert.equal(answer.outcome, 'failure', words)
      for (const text of [title, versions, then]) assert.ok(answer.json.text.includes(text), answer.text)
    }
    const denied = await dev.say(`share ${IMAGE} cn-hangzhou`, { user: 'U404' })
    assert.ok(denied.text.includes(title), denied.text)
    const standard = await dev.send(dev.standard({ command: 'regions' }))
    assert.ok(standard.text.includes(title), standard.text)
    for (const path of ['commands', `commands/${DONE.id}`, 'audit']) {
      const { status, json } = await dev.api(path)
      assert.deepEqual([status, json], [503, { error: title }], path)
    }
    await dev.logged({ event: 'tables of a newer release', found: 99, known: 2 })
    assert.deepEqual(await dev.journal(), [])
    // What workerd writes stands in the log beside the file until it is moved there.
    const wal = join(dev.state, `${DATABASE}-wal`)
    assert.equal(existsSync(wal) ? statSync(wal).size : 0, 0)
    assert.deepEqual(readFileSync(join(dev.state, DATABASE)), bytes)
  } finally {
    await dev.stop()
  }
})
