// Starts what `cargo xtask dev` starts, and plays the platforms against it. Every wait is for an event and is bounded.
import { spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Webhook } from 'standardwebhooks'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const program = name => join(ROOT, 'target/debug', name)

export const IMAGE = 'm-bp1e79zktg26n2b0001'
export const SHARED_IMAGE = 'm-bp1e79zktg26n2b0002'

/** Rejects when `promise` takes longer than `ms`. */
export function within(ms, what, promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${ms} ms`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Lines of a child's output: `next(pattern)` awaits the first line, past or future, not yet taken, that matches. */
export class Lines {
  #all = []
  #lines = []
  #waiting = []
  constructor(stream) {
    createInterface({ input: stream }).on('line', line => {
      this.#all.push(line)
      this.#lines.push(line)
      this.#waiting = this.#waiting.filter(wait => !wait(line))
    })
  }
  next(pattern, ms = 60_000) {
    const taken = this.#lines.findIndex(line => pattern.test(line))
    if (taken >= 0) return Promise.resolve(this.#lines.splice(taken, 1)[0].match(pattern))
    return within(ms, `${pattern}`, new Promise(resolve => {
      this.#waiting.push(line => {
        const match = line.match(pattern)
        if (match) {
          this.#lines.splice(this.#lines.lastIndexOf(line), 1)
          resolve(match)
        }
        return match !== null
      })
    }))
  }
  /** Takes whatever has come so far. */
  forget() {
    this.#lines = []
  }
  /** Every line there was, taken or not. */
  all() {
    return this.#all.join('\n')
  }
}

/** Runs a program to its end. */
export async function run(name, args, options = {}) {
  const child = spawn(name, args, { cwd: ROOT, ...options })
  let output = ''
  child.stdout.on('data', data => { output += data })
  child.stderr.on('data', data => { output += data })
  const [code] = await within(options.limit ?? 120_000, `${name} ${args.join(' ')}`, once(child, 'close'))
  return { code, output }
}

/** A running Worker with its emulator, and a listener for its follow-ups. */
export class Dev {
  /** `prepare` gets to change the state folder before anything reads it; the address for follow-ups is known by then. */
  static async start(variables = {}, { state = mkdtempSync(join(tmpdir(), 'opshook-')), strict = true, prepare } = {}) {
    const dev = new Dev()
    dev.state = state
    dev.strict = strict
    dev.secrets = {
      SLACK_SIGNING_SECRET: randomBytes(16).toString('hex'),
      CONSOLE_TOKEN: randomBytes(16).toString('hex'),
      STANDARD_WEBHOOKS_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
      ...variables,
    }
    await dev.#listen()
    try {
      prepare?.(dev)
      await dev.#begin()
    } catch (error) {
      // Whoever asked for it has nothing to stop.
      await dev.stop()
      throw error
    }
    return dev
  }

  async #begin() {
    const vars = Object.entries(this.secrets).flatMap(([name, value]) => ['--var', `${name}=${value}`])
    const args = ['dev', '--no-build', '--port', '0', '--emulator-port', '0', '--state', this.state, ...vars]
    if (!this.strict) args.push('--keep-going')
    this.child = spawn(program('xtask'), args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    this.out = new Lines(this.child.stdout)
    this.log = new Lines(this.child.stderr)
    const exited = once(this.child, 'exit').then(([code]) => {
      throw new Error(`dev ended with ${code}:\n${this.out.all()}\n${this.log.all()}`)
    })
    exited.catch(() => {})
    this.url = (await Promise.race([this.out.next(/^ready (http:\S+)/), exited]))[1]
    this.emulator = (await this.out.next(/^emulator (http:\S+)/))[1]
    this.workerd = Number((await this.out.next(/^pid workerd (\d+)/))[1])
  }

  async #end() {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return
    this.child.kill('SIGTERM')
    await within(10_000, 'the end of dev', once(this.child, 'exit'))
  }

  /** Ends everything and starts it again with other variables on the same state, as a deployment does. */
  async restart(variables = {}) {
    await this.#end()
    Object.assign(this.secrets, variables)
    await this.#begin()
  }

  async stop() {
    await this.#end()
    this.listener.close()
    this.listener.closeAllConnections()
    rmSync(this.state, { recursive: true, force: true })
  }

  /** Kills workerd; resolves once its successor answers. */
  async killWorkerd() {
    process.kill(this.workerd, 'SIGKILL')
    this.workerd = Number((await this.out.next(/^pid workerd (\d+)/))[1])
    await this.healthy()
  }

  async healthy() {
    const answer = await within(20_000, 'a healthy Worker', fetch(`${this.url}/healthz`))
    if (answer.status !== 200) throw new Error(`/healthz answers ${answer.status}`)
  }

  async #listen() {
    this.followUps = []
    this.takers = []
    this.followUpStatus = 200
    this.followUpAnswer = () => 'ok'
    this.held = Promise.resolve()
    this.listener = createServer(async (request, response) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      const followUp = {
        method: request.method,
        path: request.url,
        agent: request.headers['user-agent'],
        outcome: request.headers['x-opshook-outcome'],
        authorization: request.headers.authorization,
        body: JSON.parse(Buffer.concat(chunks).toString()),
      }
      const status = this.followUpStatus
      followUp.answered = once(response, 'finish')
      followUp.answered.catch(() => {})
      // It is in the chat once the platform has it, whether or not the answer gets back.
      if (status === 200) {
        this.followUps.push(followUp)
        this.takers = this.takers.filter(take => !take(followUp))
      }
      await this.held
      response.writeHead(status).end(this.followUpAnswer(request.url))
    }).listen(0, '127.0.0.1')
    await once(this.listener, 'listening')
    this.followUpUrl = `http://127.0.0.1:${this.listener.address().port}`
  }

  /** From now on follow-ups arrive and are not answered, until the function it gives is called. */
  holdFollowUps() {
    let release
    this.held = new Promise(resolve => { release = resolve })
    return release
  }

  /** The first so many messages sent to this path, or of which this is true. */
  messages(where, count, ms = 40_000) {
    const there = () => this.followUps.filter(typeof where === 'string' ? ({ path }) => path === where : where)
    if (there().length >= count) return Promise.resolve(there().slice(0, count))
    return within(ms, `${count} messages to ${where}`, new Promise(resolve => {
      this.takers.push(() => {
        const messages = there()
        if (messages.length >= count) resolve(messages.slice(0, count))
        return messages.length >= count
      })
    }))
  }

  /** The first follow-up sent to this path; `answered` settles when its answer has left. */
  followUp(path, ms = 40_000) {
    const there = this.followUps.find(followUp => followUp.path === path)
    if (there) return Promise.resolve(there)
    return within(ms, `a follow-up to ${path}`, new Promise(resolve => {
      this.takers.push(followUp => {
        if (followUp.path === path) resolve(followUp)
        return followUp.path === path
      })
    }))
  }

  /** The first log line, past or future, not yet taken, that has all of these members. */
  logged(members, ms) {
    const literal = value => JSON.stringify(value).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    const looks = Object.entries(members).map(([name, value]) => `(?=.*"${name}":${literal(value)}[,}])`)
    return this.log.next(new RegExp(`^${looks.join('')}.*`), ms)
  }

  async control(path, body, method = 'POST') {
    const answer = await fetch(`${this.emulator}/_emulator/${path}`, { method, body: body && JSON.stringify(body) })
    if (!answer.ok) throw new Error(`_emulator/${path}: ${answer.status} ${await answer.text()}`)
    return answer.json().catch(() => ({}))
  }

  faults(fault) {
    return this.control('faults', fault)
  }

  reset() {
    return this.control('reset')
  }

  async journal() {
    return (await this.control('journal', undefined, 'GET')).entries
  }

  async effects() {
    return (await this.journal()).map(entry => entry.effect).filter(Boolean)
  }

  /** What `GET /api/…` answers to whoever has the console's token. */
  async api(path) {
    const headers = { authorization: `Bearer ${this.secrets.CONSOLE_TOKEN}` }
    const answer = await within(15_000, path, fetch(`${this.url}/api/${path}`, { headers }))
    const text = await answer.text()
    let json
    try { json = JSON.parse(text) } catch { /* JSON Lines */ }
    return { status: answer.status, text, json }
  }

  /** A command as `/api/commands/<id>` shows it, with what has happened to it. */
  async command(id) {
    return (await this.api(`commands/${id}`)).json
  }

  /** Resolves with the journal once it has `count` entries. */
  async journalOf(count) {
    for (let tries = 0; tries < 30; tries++) {
      const entries = await this.journal()
      if (entries.length >= count) return entries
      const after = entries.at(-1)?.seq ?? 0
      await this.control(`journal?after=${after}&wait=1000`, undefined, 'GET')
    }
    throw new Error(`the journal has not reached ${count} entries`)
  }

  /** A Slack slash command: its delivery, ready to be sent once or several times. */
  slack(text, { user = 'U1', channel = 'C1', team = 'T1', path, id = randomBytes(8).toString('hex'), ...signing } = {}) {
    const followUpPath = path ?? `/commands/${id}`
    const body = new URLSearchParams({
      token: 'deprecated', team_id: team, team_domain: 'example', channel_id: channel, channel_name: 'ops',
      user_id: user, user_name: 'somebody', command: '/swas', text, api_app_id: 'A1', is_enterprise_install: 'false',
      response_url: `${this.followUpUrl}${followUpPath}`, trigger_id: `1.2.${id}`,
    })
    return { ...this.#signed(body, signing), followUpPath }
  }

  /** A click on the button of a Slack message that has this label. */
  click({ json }, label, { user = 'U1', channel = 'C1', team = 'T1', ...signing } = {}) {
    const buttons = json.blocks.filter(({ type }) => type === 'actions').flatMap(({ elements }) => elements)
    const button = buttons.find(({ text }) => text.text === label)
    const id = randomBytes(8).toString('hex')
    const followUpPath = `/clicks/${id}`
    const body = new URLSearchParams({
      payload: JSON.stringify({
        type: 'block_actions', user: { id: user, team_id: team }, team: { id: team }, channel: { id: channel },
        container: { type: 'message', message_ts: `1.${id}`, channel_id: channel }, trigger_id: `1.2.${id}`,
        response_url: `${this.followUpUrl}${followUpPath}`, actions: [{ ...button, action_ts: `2.${id}` }],
      }),
    })
    return { ...this.#signed(body, signing), followUpPath }
  }

  #signed(form, { secret = this.secrets.SLACK_SIGNING_SECRET, now } = {}) {
    const body = form.toString()
    const timestamp = String(now ?? Math.floor(Date.now() / 1000))
    const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signature,
    }
    return { path: '/hooks/slack', headers, body }
  }

  /** A Standard Webhooks delivery, signed by that project's own library. */
  standard(payload, { id = `msg_${randomBytes(8).toString('hex')}`, now = new Date(), secret = this.secrets.STANDARD_WEBHOOKS_SECRET } = {}) {
    const body = JSON.stringify(payload)
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, now, body),
    }
    return { path: '/hooks/standard', headers, body }
  }

  async send({ path, headers, body }) {
    const answer = await within(15_000, path, fetch(this.url + path, { method: 'POST', headers, body }))
    const text = await answer.text()
    let json
    try { json = JSON.parse(text) } catch { /* plain text */ }
    return { status: answer.status, outcome: answer.headers.get('x-opshook-outcome'), text, json }
  }

  /** Sends a delivery, or so much of its body, over a connection of its own that nobody reads. */
  async open({ path, headers, body }, part = body) {
    const { hostname, port } = new URL(this.url)
    const lines = Object.entries({ host: 'worker', 'content-length': Buffer.byteLength(body), ...headers })
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    const socket = connect(port, hostname)
    socket.on('error', () => {})
    await new Promise(resolve => socket.write(`POST ${path} HTTP/1.1\r\n${head}\r\n${part}`, resolve))
    return socket
  }

  /** Sends a Slack command and gives its answer. */
  say(text, options) {
    return this.send(this.slack(text, options))
  }
}
