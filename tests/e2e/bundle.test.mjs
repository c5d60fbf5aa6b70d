// What the built Worker carries.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { gzipSync } from 'node:zlib'
import { ROOT } from './harness.mjs'

/** The head of each text under these keys: enough of it to be found nowhere by chance. */
function* heads(value, keys) {
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'object' && inner !== null) yield* heads(inner, keys)
    else if (keys.includes(key) && inner.trim().length >= 24) yield inner.trim().slice(0, 80)
  }
}

test('the Worker carries what a request needs, and no prose of the reference', () => {
  const { apis } = JSON.parse(readFileSync(join(ROOT, 'spec/swas-open/2020-06-01/api-docs.json'), 'utf8'))
  const wasm = readFileSync(join(ROOT, 'build/index_bg.wasm'))
  const carried = keys => [...heads(apis, keys)].filter(head => wasm.includes(head))
  assert.notDeepEqual(carried(['summary']), [], 'what is carried is found')
  assert.deepEqual(carried(['description', 'errorMessage', 'responseDemo']), [])
})

test('the Worker is no larger than its budget', () => {
  const { 'gzip of the Worker, bytes': budget } = JSON.parse(readFileSync(join(ROOT, 'bench/budgets.json'), 'utf8'))
  const sizes = ['index.js', 'index_bg.wasm'].map(module => gzipSync(readFileSync(join(ROOT, 'build', module))).length)
  const size = sizes.reduce((sum, size) => sum + size)
  assert.ok(size <= budget, `${size} bytes of gzip, the budget of bench/budgets.json is ${budget}`)
})
