// As the Worker's own entry, without what comes after the answer.
import * as wasm from 'glue'

export default {
  async fetch(request, env) {
    const body = new Uint8Array(await request.arrayBuffer())
    wasm.__worker_init_state()
    return wasm.fetch(request, body, env)
  },
}
