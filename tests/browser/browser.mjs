// Chromium as people use it, and what it must never report: a request elsewhere, a refused script, an error.
import axe from 'axe-core'
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { ROOT } from '../e2e/harness.mjs'

const SCREENSHOTS = join(ROOT, '.opshook/screenshots')

/** The width that the narrowest phones in use have. */
export const PHONE = { width: 360, height: 740 }

export class Browser {
  static async start() {
    mkdirSync(SCREENSHOTS, { recursive: true })
    const browser = new Browser()
    // Root has no sandbox.
    browser.chromium = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      chromiumSandbox: process.getuid() !== 0,
    })
    return browser
  }

  stop() {
    return this.chromium.close()
  }

  /** A page with a profile of its own that keeps account of what it should not do. */
  async open(url, { colorScheme = 'light', ...options } = {}) {
    const context = await this.chromium.newContext({ colorScheme, viewport: { width: 1280, height: 900 }, ...options })
    const page = await context.newPage()
    const origin = new URL(url).origin
    page.trouble = []
    page.on('pageerror', error => page.trouble.push(`error: ${error}`))
    page.on('console', message => { if (message.type() === 'error') page.trouble.push(`console: ${message.text()}`) })
    page.on('request', request => {
      if (new URL(request.url()).origin !== origin) page.trouble.push(`request: ${request.url()}`)
    })
    page.setDefaultTimeout(15_000)
    await page.goto(url)
    return page
  }
}

/** What axe finds that is serious or critical. */
export async function barriers(page) {
  await page.evaluate(axe.source)
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  assert.ok(passes.length > 0)
  const serious = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
  return serious.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`))
}

export const overflow = page => page.evaluate(() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth
  const right = document.documentElement.clientWidth
  const scrolls = element => element.closest('pre') !== null
  const out = [...document.querySelectorAll('main *')].filter(e => !scrolls(e) && e.getBoundingClientRect().right > right + 1)
  return { wide, out: out.map(element => element.outerHTML.slice(0, 120)) }
})

export const screenshot = (page, name, options = {}) => page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), ...options })
