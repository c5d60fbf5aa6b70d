// `node wasm.mjs FOLDER NAME TIMES`: a contestant of `bench-sign` in wasm under Node; prints the nanoseconds it took. After a
// warm-up, as a server that has served for a while.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [folder, name, times] = process.argv.slice(2)
const { initSync, run } = await import(pathToFileURL(`${folder}/bench_sign.js`))
initSync({ module: new WebAssembly.Module(readFileSync(`${folder}/bench_sign_bg.wasm`)) })
run(name, Number(times))
const started = process.hrtime.bigint()
run(name, Number(times))
console.log(String(process.hrtime.bigint() - started))
