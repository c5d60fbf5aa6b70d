// The reference in Chromium: read without JavaScript, searched, on a phone, in the dark, by a screen reader.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Dev, ROOT } from '../e2e/harness.mjs'
import { Browser, PHONE, barriers, overflow, screenshot } from './browser.mjs'

const read = path => JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
const reference = read('crates/swas/src/generated/reference.json')
const served = reference.served.map(name => reference.operations.find(operation => operation.name === name))
const policy = read('crates/swas/src/generated/ram-policy.json')

let dev, browser
before(async () => {
  dev = await Dev.start()
  browser = await Browser.start()
}, { timeout: 120_000 })
after(async () => {
  await browser?.stop()
  await dev?.stop()
})

const LANGUAGES = [
  ['/', 'en', { lang: 'en', parameters: 'Request parameters', errors: 'Error codes' }],
  ['/zh', 'zh', { lang: 'zh-Hans', parameters: '请求参数', errors: '错误码' }],
]

/** The cells of a table, a list a row. */
const rows = table => table.locator('tbody tr').evaluateAll(rows =>
  rows.map(row => [...row.cells].map(cell => cell.textContent.replace(/\s+/g, ' ').trim())))

for (const [path, language, words] of LANGUAGES) {
  test(`all of it can be read without JavaScript: ${language}`, async () => {
    const page = await browser.open(dev.url + path, { javaScriptEnabled: false })
    assert.equal(await page.locator('html').getAttribute('lang'), words.lang)
    const headings = await page.locator('h2').evaluateAll(all => all.map(heading => heading.firstChild.textContent.trim()))
    assert.deepEqual(headings.slice(0, served.length), reference.served)
    assert.equal(await page.getByRole('searchbox').isVisible(), false)
    for (const { name, parameters, errors, examples, gateway } of served) {
      const section = page.locator(`section#${name}`)
      const text = await section.innerText()
      for (const { consequences } of gateway.risks) {
        for (const consequence of consequences) assert.ok(text.includes(consequence[language]), consequence[language])
      }
      for (const { usage, summary } of gateway.words) {
        assert.ok(text.includes(usage) && text.includes(summary[language]), usage)
      }
      assert.ok(text.includes(gateway.ram.action) && text.includes(gateway.ram.resource))
      const table = section.getByRole('table', { name: words.parameters })
      const shown = (await rows(table)).map(([first]) => first)
      for (const parameter of parameters) assert.ok(shown.some(cell => cell.startsWith(parameter.name)), parameter.name)
      const codes = (await rows(section.getByRole('table', { name: words.errors }))).map(([code]) => code)
      assert.deepEqual(codes, errors.map(({ code, status }) => `${code} HTTP ${status}`))
      const shownExamples = await section.locator('details pre code').allTextContents()
      for (const { body } of examples) assert.ok(shownExamples.includes(body), `${name}: ${body}`)
    }
    const policies = await page.locator('pre code').allTextContents()
    assert.deepEqual(JSON.parse(policies.findLast(code => code.startsWith('{'))), policy)
    const endpoints = await rows(page.locator('section#endpoints table'))
    assert.deepEqual(endpoints, reference.endpoints.map(({ region, host }) => [region, host]))
    assert.deepEqual(page.trouble, [])
  })

  test(`no barrier, no overflow, nothing refused: ${language}`, async () => {
    for (const colorScheme of ['light', 'dark']) {
      const page = await browser.open(dev.url + path, { colorScheme })
      await page.locator('details').evaluateAll(all => all.forEach(one => { one.open = true }))
      assert.deepEqual(await barriers(page), [], colorScheme)
      assert.deepEqual(await overflow(page), { wide: 0, out: [] })
      await page.setViewportSize(PHONE)
      assert.deepEqual(await overflow(page), { wide: 0, out: [] })
      assert.deepEqual(await barriers(page), [], `${colorScheme}, phone`)
      await page.reload()
      await screenshot(page, `reference-${language}-${colorScheme}-phone`)
      await page.setViewportSize({ width: 1280, height: 900 })
      await screenshot(page, `reference-${language}-${colorScheme}`)
      assert.deepEqual(page.trouble, [])
    }
  })
}

test('headings go down one level at a time', async () => {
  const page = await browser.open(dev.url)
  const levels = await page.locator('h1, h2, h3, h4').evaluateAll(all => all.map(heading => Number(heading.tagName[1])))
  assert.equal(levels[0], 1)
  assert.equal(levels.filter(level => level === 1).length, 1)
  levels.reduce((before, level) => (assert.ok(level <= before + 1), level))
})

test('search finds by name and by meaning, with the keyboard alone', async () => {
  const page = await browser.open(dev.url)
  await page.keyboard.press('/')
  await page.keyboard.type('take back')
  const results = page.locator('#results a')
  assert.deepEqual(await results.allTextContents(), [
    'unshare take a custom image back from ECS', 'cancel take a waiting command back', 'ModifyImageShareStatus ImageId',
    'ModifyImageShareStatus Operation',
  ])
  assert.equal(await page.getByRole('status').textContent(), 'found: 4')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  assert.equal(new URL(page.url()).hash, '#ModifyImageShareStatus-words.unshare')
  assert.ok(await page.locator('[id="ModifyImageShareStatus-words.unshare"]').isVisible())
  assert.equal(await results.first().isVisible(), false)

  await page.getByRole('searchbox').fill('notfound')
  const all = await results.allTextContents()
  assert.ok(all.includes('ModifyImageShareStatus InvalidImageId.NotFound'), all.join('\n'))
  await page.getByRole('searchbox').fill('<img src=x onerror=alert(1)>')
  assert.equal(await page.getByRole('status').textContent(), 'nothing found')
  await page.keyboard.press('Escape')
  assert.equal(await page.getByRole('searchbox').inputValue(), '')
  assert.deepEqual(page.trouble, [])
})

test('the other language opens at the same place', async () => {
  const page = await browser.open(`${dev.url}/#ListRegions`)
  await page.getByRole('link', { name: '中文' }).click()
  await page.waitForURL(`${dev.url}/zh#ListRegions`)
  await page.getByRole('searchbox').fill('删除')
  assert.deepEqual(await page.locator('#results a').allTextContents(), [])
  await page.getByRole('searchbox').fill('取消 共享')
  assert.deepEqual(await page.locator('#results a').allTextContents(), ['unshare 取消自定义镜像对 ECS 的共享'])
  await page.getByRole('link', { name: 'English' }).click()
  await page.waitForURL(`${dev.url}/#ListRegions`)
  assert.deepEqual(page.trouble, [])
})

test('a chosen theme stays', async () => {
  const page = await browser.open(dev.url, { colorScheme: 'light' })
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await background()
  await page.getByRole('button', { name: 'Light or dark' }).click()
  const dark = await background()
  assert.notEqual(dark, light)
  await page.goto(`${dev.url}/zh`)
  assert.equal(await background(), dark)
})

test('the first tab stop leads past the contents', async () => {
  const page = await browser.open(dev.url)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main')
})

test('what is to be copied is copied', async () => {
  const page = await browser.open(dev.url, { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.locator('section#policy').getByRole('button', { name: 'Copy' }).click()
  await page.locator('section#policy').getByRole('button', { name: 'Copied' }).waitFor()
  assert.deepEqual(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())), policy)
})

test('a script in the page is refused, and that is noticed', async () => {
  const page = await browser.open(dev.url)
  await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'document.title = "run"'
    document.body.append(script)
  })
  assert.notEqual(await page.title(), 'run')
  assert.equal(page.trouble.length, 1)
  assert.match(page.trouble[0], /^console: .*Content Security Policy/)
})

test('the first paint comes at once', async () => {
  const page = await browser.open(dev.url)
  const paint = await page.evaluate(() => new Promise(resolve => {
    new PerformanceObserver(list => resolve(list.getEntriesByName('first-contentful-paint')[0]?.startTime))
      .observe({ type: 'paint', buffered: true })
  }))
  console.log(`first contentful paint: ${Math.round(paint)} ms`)
  assert.ok(paint < 2000, `${paint} ms`)
})
