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

// Stands around the Worker. A header says where it is to trap, and whether at once or at the look at the clock, which both
// objects take after they have waited for something.
const AROUND = `
  import worker, { Ledger as Inner } from './index.js'
  import module from './trap.wasm'
  const { exports } = new WebAssembly.Instance(module)
  const clock = Date.now
  let where, when, trapped
  const trap = () => {
    Date.now = clock
    where = null
    trapped()
    exports.trap()
  }
  const arm = request => {
    if (when === 'at once') return Object.defineProperty(request, 'url', { get: trap })
    Date.now = trap
    return request
  }
  export default {
    fetch(request, env, context) {
      const header = request.headers.get('x-trap')
      if (!header) return worker.fetch(request, env, context)
      ;[where, when] = header.split(', ')
      const lost = new Promise(resolve => { trapped = resolve }).then(() => new Response('trapped'))
      return Promise.race([lost, worker.fetch(where === 'Worker' ? arm(request) : request, env, context)])
    },
  }
  export class Ledger extends Inner {
    fetch(request) {
      return super.fetch(where === 'ledger' ? arm(request) : request)
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

for (const trap of ['Worker, at once', 'Worker, after waiting', 'ledger, at once', 'ledger, after waiting']) {
  test(`what comes after a trap is served: in the ${trap}`, async () => {
    const served = await status()
    assert.equal(served.status, 200)
    assert.match(served.text, /There are no commands of yours yet/)
    assert.equal((await status(trap)).text, 'trapped')
    assert.deepEqual(await status(), served)
  })
}
