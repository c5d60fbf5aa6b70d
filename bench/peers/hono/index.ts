// A slash command by hand: hono and WebCrypto. Nothing is stored; a delivery that comes twice acts twice.
import { Hono } from 'hono/tiny'
import { HELP, type Call, type Policy, allowed, read } from '../command'

type Bindings = {
  SLACK_SIGNING_SECRET: string
  ALIBABA_CLOUD_ACCESS_KEY_ID: string
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: string
  SIGNATURE_SCHEME: 'acs3' | 'rpc'
  DEFAULT_REGION: string
  SWAS_ENDPOINT: string
  POLICY: Policy
  /** `no`: the signed request is the answer. */
  SEND?: string
}

const VERSION = '2020-06-01'
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const WINDOW = 300

const encoder = new TextEncoder()
const utf8 = (text: string) => encoder.encode(text)

// Keys are imported once an isolate: a deployment's secrets never change under it.
let keys: { slack: Promise<CryptoKey>, vendor: Promise<CryptoKey> } | undefined
const key = (secret: string, hash: string, usage: KeyUsage) =>
  crypto.subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash }, false, [usage])
const keysOf = (env: Bindings) => keys ??= {
  slack: key(env.SLACK_SIGNING_SECRET, 'SHA-256', 'verify'),
  vendor: env.SIGNATURE_SCHEME === 'rpc'
    ? key(`${env.ALIBABA_CLOUD_ACCESS_KEY_SECRET}&`, 'SHA-1', 'sign')
    : key(env.ALIBABA_CLOUD_ACCESS_KEY_SECRET, 'SHA-256', 'sign'),
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
function hex(bytes: ArrayBuffer) {
  let text = ''
  for (const byte of new Uint8Array(bytes)) text += HEX[byte]
  return text
}

function fromHex(text: string) {
  if (!/^(?:[0-9a-f]{2})+$/.test(text)) return
  const bytes = new Uint8Array(text.length / 2)
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16)
  return bytes
}

async function verified(env: Bindings, headers: Headers, body: string) {
  const stamp = headers.get('x-slack-request-timestamp')
  const signature = headers.get('x-slack-signature')
  if (!stamp || !signature?.startsWith('v0=')) return false
  if (!(Math.abs(Date.now() / 1000 - Number(stamp)) <= WINDOW)) return false
  const mac = fromHex(signature.slice(3))
  return mac !== undefined && crypto.subtle.verify('HMAC', await keysOf(env).slack, mac, utf8(`v0:${stamp}:${body}`))
}

const encode = (text: string) => encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
const canonical = (parameters: Record<string, string>) =>
  Object.keys(parameters).sort().map(name => `${encode(name)}=${encode(parameters[name])}`).join('&')

type Signed = { url: string, headers: Record<string, string> }

async function signed(env: Bindings, { operation, parameters }: Call): Promise<Signed> {
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  const nonce = crypto.randomUUID()
  if (operation === 'ModifyImageShareStatus') parameters.ClientToken = crypto.randomUUID()
  const vendor = await keysOf(env).vendor
  if (env.SIGNATURE_SCHEME === 'rpc') {
    const query = canonical({
      ...parameters,
      AccessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID, Action: operation, Format: 'JSON', SignatureMethod: 'HMAC-SHA1',
      SignatureNonce: nonce, SignatureVersion: '1.0', Timestamp: now, Version: VERSION,
    })
    const mac = await crypto.subtle.sign('HMAC', vendor, utf8(`POST&%2F&${encode(query)}`))
    const signature = btoa(String.fromCharCode(...new Uint8Array(mac)))
    return { url: `${env.SWAS_ENDPOINT}/?${query}&Signature=${encode(signature)}`, headers: {} }
  }
  const query = canonical(parameters)
  const host = env.SWAS_ENDPOINT.slice(env.SWAS_ENDPOINT.indexOf('://') + 3)
  const headers: Record<string, string> = {
    host, 'x-acs-action': operation, 'x-acs-content-sha256': EMPTY, 'x-acs-date': now,
    'x-acs-signature-nonce': nonce, 'x-acs-version': VERSION,
  }
  const names = Object.keys(headers)
  const lines = names.map(name => `${name}:${headers[name]}\n`).join('')
  const request = `POST\n/\n${query}\n${lines}\n${names.join(';')}\n${EMPTY}`
  const digest = hex(await crypto.subtle.digest('SHA-256', utf8(request)))
  const signature = hex(await crypto.subtle.sign('HMAC', vendor, utf8(`ACS3-HMAC-SHA256\n${digest}`)))
  headers.authorization =
    `ACS3-HMAC-SHA256 Credential=${env.ALIBABA_CLOUD_ACCESS_KEY_ID},SignedHeaders=${names.join(';')},Signature=${signature}`
  return { url: `${env.SWAS_ENDPOINT}/?${query}`, headers }
}

const app = new Hono<{ Bindings: Bindings }>()

app.post('/hooks/slack', async c => {
  const body = await c.req.text()
  const { env } = c
  if (!await verified(env, c.req.raw.headers, body)) return c.text('unauthorised', 401)
  if (body.startsWith('{')) {
    const event = JSON.parse(body)
    return event.type === 'url_verification' ? c.json({ challenge: event.challenge }) : c.body(null, 200)
  }
  const form = new URLSearchParams(body)
  const text = form.get('text') ?? ''
  if (text === 'help') return c.json({ response_type: 'ephemeral', text: HELP })
  const call = read(text, env.DEFAULT_REGION)
  if (!call) return c.json({ response_type: 'ephemeral', text: 'There is no such command.' })
  const team = form.get('team_id')
  const [who, where] = [`slack:${team}/${form.get('user_id')}`, `slack:${team}/${form.get('channel_id')}`]
  if (!allowed(env.POLICY, who, where, call)) {
    return c.json({ response_type: 'ephemeral', text: `${who} may not do this in ${where}.` })
  }
  const { url, headers } = await signed(env, call)
  if (env.SEND === 'no') return c.json({ method: 'POST', url, headers, body: '' })
  const answer = await fetch(url, { method: 'POST', headers })
  const result: { Code?: string, RequestId?: string } = await answer.json()
  const news = answer.ok ? `Done: ${text}\nRequestId: ${result.RequestId}` : `Failed: ${result.Code}\nRequestId: ${result.RequestId}`
  return c.json({ response_type: 'ephemeral', text: news })
})

export default app
