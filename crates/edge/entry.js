// The Worker's main module: hands on to the wasm what the runtime calls.
//
// A trap ends an instance of the wasm: no code of ours panics on input, but memory may come to its end, and what an instance
// holds then is in no state to go on with. The glue below makes a new one when it is called the next time, but only after it has
// put arguments into the memory of the old one: so a call without any comes first.
import * as wasm from 'glue'

// No platform sends a command this long.
const MOST_BYTES = 64 * 1024

/** The body of a request; `undefined`: it is longer than that, and the rest was not read. */
async function limited(request) {
  const declared = request.headers.get('content-length')
  // No more than that arrives, so it can be taken at once, which is cheaper.
  if (declared !== null) return Number(declared) <= MOST_BYTES ? new Uint8Array(await request.arrayBuffer()) : undefined
  // Whoever is not known yet may send for ever: chunk by chunk, not at once.
  const [chunks, reader] = [[], request.body?.getReader()]
  let length = 0
  for (let next; reader && !(next = await reader.read()).done;) {
    length += next.value.length
    if (length > MOST_BYTES) return undefined
    chunks.push(next.value)
  }
  const body = new Uint8Array(length)
  for (const chunk of chunks.reverse()) body.set(chunk, length -= chunk.length)
  return body
}

export default {
  async fetch(request, env, context) {
    const body = request.method === 'POST' ? await limited(request) : undefined
    wasm.__worker_init_state()
    return wasm.fetch(request, request.method, request.url, body, env, context)
  },
}

export class Ledger {
  constructor(state, env) {
    this.given = [state, env]
    this.current()
  }

  /** The ledger in the instance of the wasm that there is. */
  current() {
    const { instanceId } = wasm.__worker_init_state()
    if (this.instanceId !== instanceId) {
      this.ledger = new wasm.Ledger(...this.given)
      this.instanceId = instanceId
    }
    return this.ledger
  }

  async fetch(request) {
    if (request.method === 'GET') return this.current().show(request.url)
    if (request.method === 'DELETE') return this.current().withdraw(request.url)
    const question = await request.text()
    return this.current().ask(request.url, question)
  }

  alarm() {
    return this.current().alarm()
  }
}
