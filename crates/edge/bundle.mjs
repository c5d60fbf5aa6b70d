#!/usr/bin/env node
// Bundles the Worker: worker-build calls this where it would call esbuild, with the glue and the wasm that wasm-bindgen has made
// in the current folder. entry.js takes the place of worker-build's shim, which makes an object behind two proxies of every
// request; what it does not reach stays out.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import binaryen from 'binaryen'
import { buildSync, transformSync } from 'esbuild'

const [GLUE, WASM] = ['index.js', 'index_bg.wasm']
const HERE = dirname(fileURLToPath(import.meta.url))

const { outputFiles: [bundled] } = buildSync({
  entryPoints: [process.env.BUNDLE_ENTRY ?? `${HERE}/entry.js`],
  alias: { glue: `./${GLUE}` },
  external: [`./${WASM}`],
  bundle: true,
  minifySyntax: true,
  format: 'esm',
  write: false,
  // The `worker` crate exports classes that nobody uses here: they go if nothing says that they have an effect.
  define: { 'Symbol.dispose': 'undefined' },
  pure: ['FinalizationRegistry'],
})

// So do their functions in the wasm.
const module = binaryen.readBinary(readFileSync(WASM))
const exported = Array.from({ length: module.getNumExports() }, (_, index) =>
  binaryen.getExportInfo(module.getExportByIndex(index)).name)
exported.filter(name => !bundled.text.includes(`wasm.${name}`)).forEach(name => module.removeExport(name))

// Between the two everything has a name with sixteen random digits, which no compression shortens: numbers in their place, as
// long, so that they can be written over them.
const numbers = new Map()
const numbered = text => text.replace(/(?<=__wb\w+_h?)[0-9a-f]{16}/g, digits => {
  if (!numbers.has(digits)) numbers.set(digits, `${numbers.size}`.padStart(16, '0'))
  return numbers.get(digits)
})
writeFileSync(GLUE, transformSync(numbered(bundled.text), { minify: true, format: 'esm' }).code)
writeFileSync(WASM, numbered(Buffer.from(module.emitBinary()).toString('latin1')), 'latin1')
