// The Worker's main module: hands on to the wasm what the runtime calls.
//
// A trap ends an instance of the wasm: no code of ours panics on input, but memory may come to its end, and what an instance
// holds then is in no state to go on with. The glue below makes a new one when it is called the next time.
import * as wasm from 'glue'

export default { fetch: wasm.fetch }

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

  fetch(request) {
    return this.current().fetch(request)
  }

  alarm() {
    return this.current().alarm()
  }
}
