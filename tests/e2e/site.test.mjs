// The pages as they leave the Worker: addresses, headers, weight.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Dev, ROOT } from './harness.mjs'

const file = name => readFileSync(join(ROOT, 'site', name), 'utf8')

let dev
before(async () => { dev = await Dev.start() }, { timeout: 120_000 })
after(() => dev?.stop())

const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}

const PAGES = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/zh', 'zh.html', 'text/html; charset=utf-8'],
  ['/?from=chat', 'index.html', 'text/html; charset=utf-8'],
  ['/openapi.json', 'openapi.json', 'application/json'],
  ['/style.css', 'style.css', 'text/css; charset=utf-8'],
  ['/theme.js', 'theme.js', 'text/javascript; charset=utf-8'],
  ['/reference.js', 'reference.js', 'text/javascript; charset=utf-8'],
  ['/console', 'sign-in.html', 'text/html; charset=utf-8'],
  ['/console.js', 'console.js', 'text/javascript; charset=utf-8'],
  ['/icon.svg', 'icon.svg', 'image/svg+xml'],
]

test('each address has its file, its type and the headers of all pages', async () => {
  for (const [path, name, type] of PAGES) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await fetch(dev.url + path, { method })
      assert.equal(answer.status, 200, path)
      assert.equal(await answer.text(), method === 'GET' ? file(name) : '', path)
      const headers = Object.fromEntries(answer.headers)
      assert.equal(headers['content-type'], type)
      for (const [header, value] of Object.entries(HEADERS)) assert.equal(headers[header], value, `${path} ${header}`)
    }
  }
})

test('nothing else is to be had', async () => {
  for (const path of ['/index.html', '/zh.html', '/console.html', '/sign-in.html', '/zh/', '/style.css/', '/%2e%2e/wrangler.toml', '/..%2fwrangler.toml', '//', '/favicon.ico']) {
    assert.equal((await fetch(dev.url + path)).status, 404, path)
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    assert.equal((await fetch(dev.url, { method })).status, 404, method)
  }
})

test('a page with all it loads weighs 60 KiB at most', () => {
  for (const page of ['index.html', 'zh.html']) {
    const loaded = [...file(page).matchAll(/(?:src|href)="\/([a-z]+\.(?:js|css|svg))"/g)].map(([, name]) => name)
    assert.deepEqual(loaded, ['icon.svg', 'style.css', 'theme.js', 'reference.js'])
    const weight = [page, ...loaded].reduce((sum, name) => sum + gzipSync(file(name)).length, 0)
    assert.ok(weight < 60 * 1024, `${page}: ${weight} bytes`)
  }
})
