// The contestants of `bench-sign` in wasm in workerd, whose clock stands still while a program runs: whoever asks looks at theirs.
import { initSync, run } from './bench_sign.js'
import module from './bench_sign_bg.wasm'

initSync({ module })

export default {
  fetch(request) {
    const { searchParams } = new URL(request.url)
    run(searchParams.get('name') ?? 'rpc-sign', Number(searchParams.get('times')))
    return new Response('done')
  },
}
