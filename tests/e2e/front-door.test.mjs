// `cargo xtask` as people and scripts use it: what it prints, how it ends, and that nothing is left behind.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { IMAGE, Lines, ROOT, program, run, within } from './harness.mjs'

const state = mkdtempSync(join(tmpdir(), 'opshook-'))
after(() => rmSync(state, { recursive: true, force: true }))

// The key of whoever runs the tests stays out of them.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ALIBABA_CLOUD_')))
const xtask = (...args) => run(program('xtask'), args, { env })

// What a failed test has left running would keep the state folder, and this file from ending.
const left = new Set()
afterEach(() => Promise.all([...left].map(({ child, ended }) => {
  child.kill('SIGTERM')
  return within(10_000, 'the end of dev', ended)
})))

/** A `dev` with the secrets of .dev.vars, which it writes where there are none. */
async function dev(...args) {
  const ports = ['--no-build', '--port', '0', '--emulator-port', '0', '--state', state]
  const child = spawn(program('xtask'), ['dev', ...ports, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  const running = { child, ended }
  left.add(running)
  ended.then(() => left.delete(running))
  const out = new Lines(child.stdout)
  new Lines(child.stderr)
  const [, port] = await out.next(/^ready http:\/\/127\.0\.0\.1:(\d+)$/)
  const [, emulator] = await out.next(/^emulator (http:\S+)/)
  const pid = async name => Number((await out.next(new RegExp(`^pid ${name} (\\d+)`)))[1])
  const pids = [await pid('emulator'), await pid('workerd')]
  return { child, out, port, emulator, pids, pid, ended }
}

const runs = pid => {
  try { return process.kill(pid, 0) } catch { return false }
}

/** A port that was free a moment ago. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return String(port)
}

/** Waits until nobody listens there any more. */
const closed = address => within(10_000, `the end of ${address}`, (async () => {
  while (await fetch(address, { signal: AbortSignal.timeout(1000) }).then(() => true, () => false)) await sleep(50)
})())

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`${signal} ends everything and is no failure`, async () => {
    const { child, pids, ended } = await dev()
    assert.ok(pids.every(runs))
    child.kill(signal)
    assert.deepEqual(await within(10_000, 'the end of dev', ended), [0, null])
    assert.ok(!pids.some(runs))
  })
}

test('kill -9 of dev leaves nothing behind', async () => {
  const { child, port, emulator, ended } = await dev()
  child.kill('SIGKILL')
  await ended
  await Promise.all([`http://127.0.0.1:${port}/healthz`, `${emulator}/_emulator/journal`].map(closed))
})

test('a killed child is started again, and its port was never free', async () => {
  const { child, port, pids: [emulator, workerd], pid, ended } = await dev()
  process.kill(workerd, 'SIGKILL')
  const answer = await within(20_000, 'an answer', fetch(`http://127.0.0.1:${port}/healthz`))
  assert.equal(answer.status, 200)
  assert.notEqual(await pid('workerd'), workerd)
  process.kill(emulator, 'SIGKILL')
  assert.notEqual(await pid('emulator'), emulator)
  child.kill('SIGTERM')
  await ended
})

test('a wrong variable is named and nothing is started', async () => {
  const wrong = ['--port', '0', '--emulator-port', '0', '--state', state, '--var', 'DEFAULT_REGION=nowhere']
  const { code, output } = await xtask('dev', '--no-build', ...wrong)
  assert.equal(code, 1)
  assert.match(output, /the Worker's configuration is wrong:\n {2}DEFAULT_REGION is `nowhere`/)
})

test('a port in use is named with the flag that changes it', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address()
  for (const [flag, other] of [['--port', '--emulator-port'], ['--emulator-port', '--port']]) {
    const { code, output } = await xtask('dev', '--no-build', flag, String(port), other, '0', '--state', state)
    assert.equal(code, 1)
    assert.match(output, new RegExp(`port ${port} is not free: .* with ${flag}`))
  }
  taken.close()
})

test('a state folder has one dev at a time', async () => {
  const { child, ended } = await dev()
  const { code, output } = await xtask('dev', '--no-build', '--port', '0', '--emulator-port', '0', '--state', state)
  assert.equal(code, 1)
  assert.match(output, /another `cargo xtask dev` uses .*--state/)
  child.kill('SIGTERM')
  await ended
})

test('chat plays every platform, buttons included', async () => {
  const inbox = await freePort()
  const { child, port, emulator, ended } = await dev('--var', `FOLLOW_UP_ENDPOINT=http://127.0.0.1:${inbox}`)
  const play = (platform, ...words) => xtask('chat', '--port', port, '--inbox-port', inbox, '--platform', platform, ...words)
  const effects = async () => (await (await fetch(`${emulator}/_emulator/journal`)).json()).entries.filter(entry => entry.effect)
  let shared = 0
  for (const [platform, asks, buttons] of [
    ['dingtalk', true, false], ['discord', false, true], ['feishu', false, true], ['mattermost', true, false],
    ['slack', false, true], ['standard', false, false], ['teams', true, false], ['telegram', true, true],
  ]) {
    const help = await play(platform, 'help')
    assert.equal(help.code, 0, `${platform}: ${help.output}`)
    assert.match(help.output, /\nunshare .ImageId/, platform)

    const word = shared % 2 === 0 ? 'share' : 'unshare'
    let { code, output } = await play(platform, `${word} ${IMAGE} cn-hangzhou`)
    assert.equal(code, 0, `${platform}: ${output}`)
    if (asks) {
      assert.equal((await effects()).length, shared, platform)
      const [, flags, confirm] = output.match(/next: cargo xtask chat (.*)"(confirm [0-9A-Z]{12})"/) ?? assert.fail(output)
      assert.ok(flags.includes(`--inbox-port ${inbox} `) && flags.includes(`--platform ${platform} `), flags)
      ;({ code, output } = await play(platform, ...buttons ? ['--press'] : [], confirm))
      assert.equal(code, 0, `${platform}: ${output}`)
    }
    assert.match(output, new RegExp(`Done: ${word} ${IMAGE} cn-hangzhou`), platform)
    assert.equal((await effects()).length, ++shared, platform)

    ;({ code, output } = await play(platform, '--press', 'images cn-hangzhou'))
    assert.equal(code, buttons ? 0 : 1, `${platform}: ${output}`)
    assert.ok(output.includes(buttons ? IMAGE : `buttons of ${platform} are not played`), `${platform}: ${output}`)
  }
  child.kill('SIGTERM')
  await ended
})

test('chat and call end as the command does', async () => {
  const { child, port, emulator, ended } = await dev()
  const chat = (...words) => xtask('chat', '--port', port, ...words)
  const calls = async () => (await (await fetch(`${emulator}/_emulator/journal`)).json()).entries

  let { code, output } = await chat(`share ${IMAGE} cn-hangzhou`)
  assert.equal(code, 0)
  assert.match(output, /Done: share .*\nConfirmed: the list shows it\.\nRequestId: [0-9A-F-]{36}\n/)
  ;({ code, output } = await chat('--repeat', '3', `unshare ${IMAGE} cn-hangzhou`))
  assert.equal(code, 0)
  assert.match(output, /delivery 1 of 3\n[^]*delivery 3 of 3\n/)
  assert.equal((await calls()).filter(call => call.effect).length, 2)
  ;({ code } = await chat('--platform', 'standard', 'images cn-hangzhou'))
  assert.equal(code, 0)
  ;({ code, output } = await chat('share m-none cn-hangzhou'))
  assert.equal(code, 1)
  assert.match(output, /Code: InvalidImageId\.NotFound/)
  ;({ code } = await chat('shrae'))
  assert.equal(code, 1)
  ;({ code } = await chat('--user', 'U9', 'regions'))
  assert.equal(code, 1)

  let count = (await calls()).length
  const share = ['ModifyImageShareStatus', 'RegionId=cn-hangzhou', `ImageId=${IMAGE}`, '--endpoint', emulator]
  ;({ code, output } = await xtask('call', ...share, 'Operation=Give'))
  assert.equal(code, 1)
  assert.match(output, /error: Operation: [^]*nothing was sent/)
  const hasCurl = (await run('sh', ['-c', 'command -v curl'])).code === 0
  for (const scheme of ['acs3', 'rpc']) {
    ;({ code, output } = await xtask('call', ...share, 'Operation=Share', '--scheme', scheme, '--print', 'curl'))
    assert.equal(code, 0)
    assert.match(output, /^curl --request POST/)
    assert.equal((await calls()).length, count)
    if (hasCurl) {
      assert.match((await run('sh', ['-c', output])).output, /"RequestId":"[0-9A-F-]{36}"}/)
      assert.equal((await calls()).length, ++count)
    }
    ;({ code } = await xtask('call', ...share, 'Operation=Share', '--scheme', scheme))
    assert.equal(code, 0)
    assert.equal((await calls()).length, ++count)
  }
  child.kill('SIGTERM')
  await ended

  ;({ code, output } = await chat('help'))
  assert.equal(code, 1)
  assert.match(output, /nobody answers at .*run `cargo xtask dev`/)
})
