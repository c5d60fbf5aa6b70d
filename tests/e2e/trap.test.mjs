// The wasm traps: what was being done is lost, and what comes next is served by a new instance of it. No input is known that
// makes it trap, so a function of the runtime does, which it calls.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Miniflare } from 'miniflare'
import { Webhook } from 'standardwebhooks'
import { ROOT, within } from './harness.mjs'

// (module (func (export "trap") unreachable))
const TRAP = Buffer.from('0061736d0100000001040160000003020100070801047472617000000a05010300000b', 'hex')

// Stands around the Worker. A header says where the next look at the clock traps: in the Worker or the ledger, which both take
// one at once, or in the Worker when it has its ledger's answer, in a promise that then never comes to anything.
const AROUND = `
  import worker, { Ledger as Inner } from './index.js'
  import module from './trap.wasm'
  const { exports } = new WebAssembly.Instance(module)
  const clock = Date.now
  let where, trapped
  const arm = () => {
    where = null
    Date.now = () => {
      Date.now = clock
      trapped?.()
      exports.trap()
    }
  }
  export default {
    fetch(request, env, context) {
      where = request.headers.get('x-trap')
      trapped = null
      if (where === 'Worker, at once') arm()
      const served = worker.fetch(request, env, context)
      if (where !== 'Worker, after waiting') return served
      return Promise.race([served, new Promise(resolve => { trapped = () => resolve(new Response('trapped')) })])
    },
  }
  export class Ledger extends Inner {
    async fetch(request) {
      if (where === 'ledger, at once') arm()
      const served = await super.fetch(request)
      if (where === 'Worker, after waiting') arm()
      return served
    }
  }
`

const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const built = file => readFileSync(join(ROOT, 'build', file))
let miniflare
before(async () => {
  miniflare = new Miniflare({
    modules: [
      { type: 'ESModule', path: 'around.js', contents: AROUND },
      { type: 'ESModule', path: 'index.js', contents: built('index.js').toString() },
      { type: 'CompiledWasm', path: 'index_bg.wasm', contents: built('index_bg.wasm') },
      { type: 'CompiledWasm', path: 'trap.wasm', contents: TRAP },
    ],
    compatibilityDate: readFileSync(join(ROOT, 'wrangler.toml'), 'utf8').match(/^compatibility_date = "(.*)"$/m)[1],
    durableObjects: { LEDGER: { className: 'Ledger', useSQLite: true } },
    bindings: {
      STANDARD_WEBHOOKS_SECRET: SECRET,
      ALIBABA_CLOUD_ACCESS_KEY_ID: 'id',
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret',
      POLICY: { allow: [] },
    },
    cf: false,
    // What traps is logged by the runtime, and is meant to.
    handleRuntimeStdio() {},
  })
  await miniflare.ready
}, { timeout: 60_000 })
after(() => miniflare.dispose())

async function status(trap = '') {
  const [id, now, body] = [`msg_${randomBytes(8).toString('hex')}`, new Date(), JSON.stringify({ command: 'status' })]
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign(id, now, body),
    'x-trap': trap,
  }
  const delivered = miniflare.dispatchFetch('http://worker/hooks/standard', { method: 'POST', headers, body })
  const answer = await within(20_000, 'an answer', delivered)
  return { status: answer.status, text: await answer.text() }
}

for (const [trap, told] of [
  ['Worker, at once', /^RuntimeError: unreachable/],
  ['Worker, after waiting', /^trapped$/],
  // The two share an instance, and with it goes whoever waited for the ledger.
  ['ledger, at once', /^Error: The Workers runtime canceled this request/],
]) {
  test(`what comes after a trap is served: in the ${trap}`, async () => {
    const served = await status()
    assert.equal(served.status, 200)
    assert.match(served.text, /There are no commands of yours yet/)
    assert.match((await status(trap)).text, told)
    assert.deepEqual(await status(), served)
  })
}
