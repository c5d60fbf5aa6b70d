// The audit: what happened to commands, row by row; who may see it, and how much; nothing secret in it.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Dev, IMAGE, SHARED_IMAGE, program, run } from './harness.mjs'

const POLICY = JSON.stringify({
  allow: [
    { who: ['slack:T1/U1'], where: ['slack:T1/C1'], operations: ['*'], confirm: 'never' },
    { who: ['slack:T1/U2'], where: ['slack:T1/C1'], operations: ['*'], confirm: 'risky' },
  ],
})
const [U1, U2, U3, C1, GATEWAY] = ['slack:T1/U1', 'slack:T1/U2', 'slack:T1/U3', 'slack:T1/C1', 'gateway']

let dev
/** Every code that was told. */
const codes = []
before(async () => { dev = await Dev.start({ POLICY }) }, { timeout: 120_000 })
after(() => dev?.stop())
beforeEach(() => dev.reset())

const idOf = ({ text }) => text.match(/Command\W+([0-9A-HJKMNP-TV-Z]{12})/)[1]
const write = async () => (await dev.journal()).filter(({ operation }) => operation === 'ModifyImageShareStatus')
const rowsOf = async id => (await dev.command(id)).audit
/** Event, states, who, where, attempt, RequestId, outcome: what differs from row to row. */
const said = rows => rows.map(row => [row.event, row.from, row.to, row.who, row.where, row.attempt, row.request_id, row.outcome])
const told = [ 'Tell', null, null, GATEWAY, C1, 0, null, 'answered' ]

async function ask() {
  const answer = await dev.say(`unshare ${SHARED_IMAGE} cn-hangzhou`, { user: 'U2' })
  const code = answer.text.match(/confirm ([0-9A-Z]{12})/)[1]
  codes.push(code)
  return { id: idOf(answer), code }
}

/** The rows of a command whose receiver has been answered: that row is written right after the answer has gone out. */
async function rowsOnceTold(id) {
  for (let tries = 0; tries < 100; tries++) {
    const rows = await rowsOf(id)
    if (rows.some(({ event }) => event === 'Tell')) return rows
  }
  assert.fail(`${id} is not told`)
}

describe('what is written down', () => {
  test('a share', async () => {
    const id = idOf(await dev.say(`share ${IMAGE} cn-hangzhou`))
    const [{ request_id, client_token }] = await write()
    const rows = await rowsOnceTold(id)
    assert.deepEqual(said(rows), [
      ['Admit', 'Received', 'Ready', U1, C1, 0, null, null],
      ['Begin', 'Ready', 'InFlight', GATEWAY, C1, 1, null, null],
      ['Act', 'InFlight', 'InFlight', GATEWAY, C1, 1, request_id, null],
      ['Succeed', 'InFlight', 'Succeeded', GATEWAY, C1, 1, request_id, 'Confirmed'],
      told,
    ])
    // The digest of the exact request: each text after its length, all after their number.
    const digest = createHash('sha256').update('opshook request\n')
    const number = value => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64BE(BigInt(value)); return bytes }
    const parameters = [['Operation', 'Share'], ['ImageId', IMAGE], ['RegionId', 'cn-hangzhou'], ['ClientToken', client_token]]
    digest.update(number(parameters.length))
    for (const text of ['ModifyImageShareStatus', ...parameters.flat()]) digest.update(number(text.length)).update(text)
    const request = digest.digest('hex')
    for (const row of rows) assert.deepEqual([row.command, row.operation, row.request], [id, 'ModifyImageShareStatus', request])
  })

  test('an attempt that failed, and the next', async () => {
    await dev.faults({ next: 1, kind: 'status:500', operation: 'ModifyImageShareStatus' })
    const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
    const id = idOf(await dev.send(delivery))
    await dev.followUp(delivery.followUpPath)
    const [{ request_id: failed }, { request_id }] = await write()
    assert.deepEqual(said(await rowsOnceTold(id)), [
      ['Admit', 'Received', 'Ready', U1, C1, 0, null, null],
      ['Begin', 'Ready', 'InFlight', GATEWAY, C1, 1, null, null],
      ['Defer', 'InFlight', 'Ready', GATEWAY, C1, 1, failed, 'InternalError'],
      ['Begin', 'Ready', 'InFlight', GATEWAY, C1, 2, null, null],
      ['Act', 'InFlight', 'InFlight', GATEWAY, C1, 2, request_id, null],
      ['Succeed', 'InFlight', 'Succeeded', GATEWAY, C1, 2, request_id, 'Confirmed'],
      [...told.slice(0, -1), 'delivered'],
    ])
  })

  test('what the vendor refuses', async () => {
    const id = idOf(await dev.say('share m-bp1e79zktg26n2b9999 cn-hangzhou'))
    const [{ request_id }] = await write()
    assert.deepEqual(said(await rowsOnceTold(id)).slice(2), [
      ['Fail', 'InFlight', 'Failed', GATEWAY, C1, 1, request_id, 'InvalidImageId.NotFound'],
      told,
    ])
  })

  test('an unshare that is confirmed, and the codes that were refused before and after', async () => {
    const { id, code } = await ask()
    assert.equal((await dev.say(`confirm ${code}`, { user: 'U1' })).outcome, 'refusal')
    assert.equal((await dev.say(`confirm ${code}`, { user: 'U2', channel: 'C2' })).outcome, 'refusal')
    assert.equal((await dev.say(`cancel ${code}`, { user: 'U1' })).outcome, 'refusal')
    assert.equal((await dev.say('confirm 000000000000', { user: 'U2' })).outcome, 'refusal')
    assert.equal((await dev.say(`confirm ${code}`, { user: 'U2' })).outcome, 'success')
    assert.equal((await dev.say(`confirm ${code}`, { user: 'U2' })).outcome, 'refusal')
    const [{ request_id }] = await write()
    assert.deepEqual(said(await rowsOnceTold(id)), [
      ['Hold', 'Received', 'AwaitingConfirmation', U2, C1, 0, null, null],
      ['Refuse', null, null, U1, C1, 0, null, 'confirm'],
      ['Refuse', null, null, U2, 'slack:T1/C2', 0, null, 'confirm'],
      ['Refuse', null, null, U1, C1, 0, null, 'cancel'],
      ['Confirm', 'AwaitingConfirmation', 'Ready', U2, C1, 0, null, null],
      ['Begin', 'Ready', 'InFlight', GATEWAY, C1, 1, null, null],
      ['Act', 'InFlight', 'InFlight', GATEWAY, C1, 1, request_id, null],
      ['Succeed', 'InFlight', 'Succeeded', GATEWAY, C1, 1, request_id, 'Confirmed'],
      told,
    ])
    // Codes of nothing: the one never told, and the one used up.
    const rows = (await audit()).filter(({ event, command }) => event === 'Refuse' && command === null)
    assert.deepEqual(said(rows), Array(2).fill(['Refuse', null, null, U2, C1, 0, null, 'confirm']))
  })

  test('a request that is taken back', async () => {
    const { id, code } = await ask()
    assert.equal((await dev.say(`cancel ${code}`, { user: 'U2' })).outcome, 'information')
    assert.deepEqual(said(await rowsOf(id)), [
      ['Hold', 'Received', 'AwaitingConfirmation', U2, C1, 0, null, null],
      ['Cancel', 'AwaitingConfirmation', 'Cancelled', U2, C1, 0, null, null],
    ])
  })

  test('a denial, with what would be needed', async () => {
    const denied = await dev.say(`share ${IMAGE} cn-hangzhou`, { user: 'U3' })
    assert.equal(denied.outcome, 'refusal')
    const { command, audit } = await dev.command(idOf(denied))
    assert.deepEqual([command.state, command.who, command.where, command.attempts], ['Denied', U3, C1, 0])
    const why = `No rule of the policy names you. Your id, for whoever keeps the policy: ${U3}`
    assert.deepEqual(said(audit), [['Deny', 'Received', 'Denied', U3, C1, 0, null, why]])
    assert.deepEqual(await dev.journal(), [])
  })
})

/** The export, without its end line. */
async function audit() {
  const rows = (await dev.api('audit')).text.trim().split('\n').map(line => JSON.parse(line))
  assert.ok(rows.pop().end)
  return rows
}

describe('the export', () => {
  const folder = mkdtempSync(join(tmpdir(), 'opshook-audit-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'audit.jsonl')
  const verify = file => run(program('xtask'), ['audit', 'verify', file])

  /** Verifies the export with its lines changed. */
  async function changed(name, change) {
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const path = join(folder, `${name}.jsonl`)
    writeFileSync(path, `${change(lines).join('\n')}\n`)
    return verify(path)
  }

  test('is unbroken', async () => {
    const env = { ...process.env, CONSOLE_TOKEN: dev.secrets.CONSOLE_TOKEN }
    const exported = await run(program('xtask'), ['audit', 'export', '--url', dev.url, '--out', file], { env })
    assert.equal(exported.code, 0, exported.output)
    assert.equal(readFileSync(file, 'utf8'), (await dev.api('audit')).text)
    const count = (await audit()).length
    const { code, output } = await verify(file)
    assert.equal(code, 0, output)
    assert.match(output, new RegExp(`^${count} rows, seq 1\\.\\.${count}, .*, complete$`, 'm'))
  })

  for (const [name, change, problem] of [
    ['one digit of a time', lines => lines.with(2, lines[2].replace(/"at_ms":(\d+)(\d)/, (_, a, b) => `"at_ms":${a}${9 - b}`)), /line 3 \(seq 3\): the hash does not fit: the row was altered/],
    ['a row taken out', lines => lines.toSpliced(2, 1), /line 3 \(seq 4\): seq 3 should stand here/],
    ['the last row taken out', lines => lines.toSpliced(-2, 1), /the end line does not fit seq \d+, the last row there is/],
    ['two rows exchanged', lines => lines.with(2, lines[3]).with(3, lines[2]), /line 3 \(seq 4\): seq 3 should stand here/],
  ]) {
    test(`is found broken: ${name}`, async () => {
      const { code, output } = await changed(name, change)
      assert.equal(code, 1, output)
      assert.match(output, problem)
    })
  }

  test('is read page by page', async () => {
    const whole = (await dev.api('audit')).text
    let [text, after] = ['', 0]
    while (!text.includes('"end"')) {
      const page = (await dev.api(`audit?after=${after}&limit=7`)).text
      const rows = page.trim().split('\n').map(line => JSON.parse(line)).filter(({ seq }) => seq !== undefined)
      assert.ok(rows.length <= 7)
      after = rows.at(-1)?.seq ?? after
      text += page
    }
    assert.equal(text, whole)
  })
})

describe('/api', () => {
  const get = (path, headers = {}) => fetch(`${dev.url}/api/${path}`, { headers })

  for (const path of ['commands', 'commands/000000000000', 'audit']) {
    test(`${path} is for whoever has the token`, async () => {
      const token = dev.secrets.CONSOLE_TOKEN
      for (const authorization of [undefined, 'Bearer', 'Bearer ', `Bearer ${token.slice(1)}`, `Bearer ${token}x`, `Basic ${token}`, token]) {
        const answer = await get(path, authorization === undefined ? {} : { authorization })
        assert.equal(answer.status, 401, authorization)
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
        assert.deepEqual(await answer.json(), { error: 'unauthorised' })
      }
      const answer = await get(path, { authorization: `bearer ${token}` })
      assert.equal(answer.status, path.includes('/') ? 404 : 200)
    })
  }

  test('other paths and methods are not there, with the token or without', async () => {
    const authorization = `Bearer ${dev.secrets.CONSOLE_TOKEN}`
    for (const path of ['', 'command', 'commandsx', 'audit/1']) assert.equal((await get(path, { authorization })).status, 404, path)
    for (const method of ['POST', 'PUT', 'DELETE']) {
      assert.equal((await fetch(`${dev.url}/api/commands`, { method, headers: { authorization } })).status, 404, method)
    }
  })

  test('without a token configured there is nothing', async () => {
    const bare = await Dev.start({ CONSOLE_TOKEN: '' })
    try {
      for (const path of ['commands', 'commands/000000000000', 'audit']) {
        for (const authorization of ['', 'Bearer ', 'Bearer undefined']) {
          const answer = await fetch(`${bare.url}/api/${path}`, { headers: { authorization } })
          assert.equal(answer.status, 404, path)
        }
      }
    } finally {
      await bare.stop()
    }
  })

  test('commands are listed newest first, page by page', async () => {
    for (const words of ['regions', 'images cn-hangzhou', `share ${IMAGE} cn-hangzhou`]) await dev.say(words)
    const whole = (await dev.api('commands')).json
    assert.equal(whole.next, null)
    assert.deepEqual(whole.commands.slice(0, 3).map(({ operation }) => operation), [
      'ModifyImageShareStatus', 'ListCustomImages', 'ListRegions',
    ])
    const pages = []
    let next = ''
    do {
      const page = (await dev.api(`commands?limit=4${next}`)).json
      assert.ok(page.commands.length <= 4)
      pages.push(...page.commands)
      next = page.next && `&before=${page.next}`
    } while (next)
    assert.deepEqual(pages, whole.commands)
  })

  test('commands are found by state, operation, person and image', async () => {
    const { commands } = (await dev.api('commands')).json
    const by = { state: 'state', operation: 'operation', who: 'who', image: null }
    for (const [filter, values] of Object.entries({
      state: ['Succeeded', 'Failed', 'Cancelled', 'Denied'],
      operation: ['ModifyImageShareStatus', 'ListRegions'],
      who: [U1, U2, U3],
      image: [IMAGE, SHARED_IMAGE],
    })) {
      for (const value of values) {
        const expected = commands.filter(command => (by[filter] ? command[by[filter]] : command.parameters.ImageId) === value)
        const found = (await dev.api(`commands?${new URLSearchParams({ [filter]: value })}`)).json.commands
        assert.ok(expected.length > 0, `${filter} ${value}`)
        assert.deepEqual(found, expected, `${filter} ${value}`)
      }
    }
    const both = (await dev.api(`commands?${new URLSearchParams({ state: 'Succeeded', image: SHARED_IMAGE })}`)).json.commands
    assert.deepEqual(both.map(({ state, parameters }) => [state, parameters.ImageId]), [['Succeeded', SHARED_IMAGE]])
    assert.deepEqual((await dev.api('commands?state=Lost')).json, { commands: [], next: null })
  })

  test('what is no number is said to be none', async () => {
    for (const [path, name] of [['commands?limit=many', 'limit'], ['commands?before=-1', 'before'], ['audit?after=x', 'after'], ['audit?limit=1.5', 'limit']]) {
      const { status, json } = await dev.api(path)
      assert.deepEqual([status, json], [400, { error: `${name} is no whole number` }], path)
    }
  })
})

describe('log', () => {
  test('tells a person what has happened to their own', async () => {
    const id = idOf(await dev.say(`share ${IMAGE} cn-hangzhou`))
    const [{ request_id }] = await write()
    await rowsOnceTold(id)
    for (const words of ['log', `log ${id}`, `log ${id.toLowerCase()}`]) {
      const { outcome, json } = await dev.say(words)
      assert.equal(outcome, 'information')
      assert.equal(json.response_type, 'ephemeral')
      const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`
      const expected = [
        `What happened to: share ${IMAGE} cn-hangzhou`,
        `${time} Admit: Received → Ready, by ${U1}`,
        `${time} Begin: Ready → InFlight, attempt 1`,
        `${time} Act: InFlight → InFlight, attempt 1, RequestId ${request_id}`,
        `${time} Succeed: InFlight → Succeeded, attempt 1, Confirmed, RequestId ${request_id}`,
        `${time} Tell, answered`,
        `Command: ${id}`,
      ]
      assert.match(json.text, new RegExp(`^.*${expected.join('\\n')}$`))
    }
  })

  test('tells others nothing, not even that there is something', async () => {
    const id = idOf(await dev.say(`share ${IMAGE} cn-hangzhou`))
    const nothing = await dev.say('log 000000000000', { user: 'U2' })
    const theirs = await dev.say(`log ${id}`, { user: 'U2' })
    assert.equal(theirs.outcome, 'refusal')
    assert.equal(theirs.text.replaceAll(id, '000000000000'), nothing.text)
    assert.ok(!(await dev.say('log', { user: 'U2' })).text.includes(id))
    const none = await dev.say('log', { user: 'U9' })
    assert.match(none.text, /There are no commands of yours yet/)
  })
})

test('no secret is in the export, in what /api shows, or in the log', async () => {
  await ask()
  const ids = (await dev.api('commands?limit=500')).json.commands.map(({ id }) => id)
  const shown = {
    export: (await dev.api('audit')).text,
    commands: (await dev.api('commands?limit=500')).text,
    command: (await Promise.all(ids.map(id => dev.api(`commands/${id}`)))).map(({ text }) => text).join('\n'),
    log: dev.log.all() + dev.out.all(),
  }
  const secrets = readFileSync(new URL('../../.dev.vars', import.meta.url), 'utf8').matchAll(/^[A-Z_]*(?:SECRET|TOKEN)="?([^"\n]+)/gm)
  const digests = codes.map(code => createHash('sha256').update(`opshook confirmation code\n${code}`).digest('hex'))
  const { POLICY: _, ...ours } = dev.secrets
  const words = [...Object.values(ours), ...[...secrets].map(([, secret]) => secret), ...codes, ...digests, '/commands/', dev.followUpUrl]
  assert.ok(codes.length >= 3 && words.length > 12)
  for (const [where, text] of Object.entries(shown)) {
    assert.ok(text.length > 1000)
    for (const word of words) assert.ok(!text.includes(word), `${word} in ${where}`)
  }
})
