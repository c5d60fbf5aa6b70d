// A wrong configuration is named before anything is accepted that could be lost.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { Dev, IMAGE, Lines, ROOT, program, run, within } from './harness.mjs'

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

for (const [variable, value] of [
  ['ALIBABA_CLOUD_ACCESS_KEY_SECRET', ''],
  ['POLICY', ''],
  ['POLICY', '{"allow": [{"who": "everybody"}]}'],
  ['DEFAULT_REGION', 'mars-1'],
  ['SIGNATURE_SCHEME', 'v4'],
  ['SWAS_ENDPOINT', 'https://swas.cn-hangzhou.aliyuncs.com.evil.example'],
  ['STANDARD_WEBHOOKS_SECRET', 'whsec_short'],
  ['FOLLOW_UP_HOSTS', 'a b'],
  ['CALLS_PER_MINUTE', 'many'],
  ['LANGUAGE', 'fr'],
]) {
  test(`${variable}=${value} is named by /healthz, hooks answer 503 with an id, and nothing is accepted`, async () => {
    const dev = await Dev.start({ [variable]: value }, { strict: false })
    try {
      const health = await fetch(`${dev.url}/healthz`)
      assert.equal(health.status, 503)
      const { status, problems } = await health.json()
      assert.equal(status, 'misconfigured')
      assert.deepEqual([...new Set(problems.map(problem => problem.variable))], [variable])
      const answer = await dev.say(`share ${IMAGE} cn-hangzhou`)
      assert.equal(answer.status, 503)
      assert.match(answer.json.id, /^[0-9a-f]{16}$/)
      assert.equal(answer.json.error, 'misconfigured')
      const [line] = await dev.log.next(new RegExp(`.*${answer.json.id}.*`))
      assert.ok(line.includes(variable))
      assert.ok(!line.includes('whsec_short'))
      assert.deepEqual(await dev.journal(), [])
    } finally {
      await dev.stop()
    }
  })
}

test('dev itself names the problem and ends', async () => {
  const { code, output } = await run(program('xtask'), ['dev', '--no-build', '--port', '0', '--emulator-port', '0', '--var', 'DEFAULT_REGION=mars-1', '--state', '.opshook/misconfigured'])
  assert.equal(code, 1)
  assert.match(output, /DEFAULT_REGION is `mars-1`/)
})

test('a platform without its secret answers 404, the other one works', async () => {
  const dev = await Dev.start({ SLACK_SIGNING_SECRET: '' })
  try {
    const slack = dev.slack(`share ${IMAGE} cn-hangzhou`, { secret: 'any' })
    assert.equal((await dev.send(slack)).status, 404)
    assert.equal((await dev.send(dev.standard({ command: 'regions' }))).outcome, 'success')
  } finally {
    await dev.stop()
  }
})

test('either signature scheme, and two secrets while one is rotated', async () => {
  const dev = await Dev.start({ SIGNATURE_SCHEME: 'rpc', SLACK_SIGNING_SECRET: 'old,new' })
  try {
    for (const [position, secret] of ['old', 'new'].entries()) {
      assert.equal((await dev.say('regions', { secret })).outcome, 'success', secret)
      await dev.logged({ event: 'answered', secret: position })
    }
    assert.equal((await dev.say('regions', { secret: 'old,new' })).status, 401)
    assert.deepEqual((await dev.journal()).map(entry => entry.scheme), ['rpc', 'rpc'])
  } finally {
    await dev.stop()
  }
})

test('an endpoint that is not there yet: the command waits for it', async () => {
  const port = await freePort()
  const dev = await Dev.start({ SWAS_ENDPOINT: `http://127.0.0.1:${port}` })
  let endpoint
  try {
    const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
    assert.equal((await dev.send(delivery)).outcome, 'waiting')
    await dev.log.next(/upstream unreachable/)
    const secrets = readFileSync(join(ROOT, '.dev.vars'), 'utf8')
    const [id, secret] = ['ID', 'SECRET'].map(part => secrets.match(new RegExp(`^ALIBABA_CLOUD_ACCESS_KEY_${part}="?([^"\n]+)`, 'm'))[1])
    endpoint = spawn(program('emulator'), ['--listen', `127.0.0.1:${port}`, '--access-key', `${id}:${secret}`], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Lines(endpoint.stdout).next(/^listening/)
    assert.equal((await dev.followUp(delivery.followUpPath)).outcome, 'success')
  } finally {
    endpoint?.kill('SIGTERM')
    if (endpoint) await within(10_000, 'the end of the endpoint', once(endpoint, 'exit'))
    await dev.stop()
  }
})

test('while one secret replaces another both are taken, and the log says which it was', async () => {
  const [old, next] = ['0123456789abcdef0123456789abcdef', 'fedcba9876543210fedcba9876543210']
  const dev = await Dev.start({ SLACK_SIGNING_SECRET: `${next},${old}` })
  try {
    for (const [user, secret, position] of [['U1', old, 1], ['U2', next, 0]]) {
      const answer = await dev.send(dev.slack('help', { user, secret }))
      assert.equal(answer.outcome, 'information', answer.text)
      await dev.logged({ event: 'answered', actor: `slack:T1/${user}`, secret: position })
    }
    assert.equal((await dev.send(dev.slack('help', { secret: `${next},${old}` }))).status, 401)
  } finally {
    await dev.stop()
  }
})

test('the doctor asks a Worker how it is', async () => {
  const healthy = await Dev.start()
  const ill = await Dev.start({ DEFAULT_REGION: 'mars-1' }, { strict: false })
  try {
    const ask = async url => {
      const { code, stdout } = await doctor(url)
      return { code, there: JSON.parse(stdout).filter(({ about }) => about === 'deployed Worker') }
    }
    const { there } = await ask(healthy.url)
    assert.deepEqual(there.map(({ severity, mend }) => [severity, mend]), [['good', '']])
    assert.match(there[0].found, /^release \S+, serves (\w+, )*slack, standard(, \w+)*$/)
    const { code, there: [problem] } = await ask(ill.url)
    assert.equal(code, 2)
    assert.deepEqual([problem.severity, problem.mend], ['error', 'set it and npx wrangler deploy'])
    assert.match(problem.found, /^DEFAULT_REGION is `mars-1`/)
    assert.equal((await doctor('http://127.0.0.1:9')).code, 2)
  } finally {
    await Promise.all([healthy.stop(), ill.stop()])
  }
})

async function doctor(url) {
  const child = spawn(program('xtask'), ['doctor', '--json', '--remote', url], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] })
  const chunks = []
  child.stdout.on('data', chunk => chunks.push(chunk))
  const [code] = await within(120_000, 'the doctor', once(child, 'close'))
  return { code, stdout: Buffer.concat(chunks).toString() }
}

test('LANGUAGE is what people are answered in whose platform does not tell theirs', async () => {
  const dev = await Dev.start({ LANGUAGE: 'zh' })
  try {
    assert.match((await dev.say('help')).text, /可用的命令/)
    const failed = await dev.say('share m-bp1e79zktg26n2b9999 cn-hangzhou')
    assert.match(failed.text, /失败：share m-bp1e79zktg26n2b9999 cn-hangzhou/)
  } finally {
    await dev.stop()
  }
})
