// The console in Chromium: who gets in, what they see change, what they may change, and what never becomes more than text.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { Dev, IMAGE, SHARED_IMAGE } from '../e2e/harness.mjs'
import { Browser, PHONE, barriers, overflow, screenshot } from './browser.mjs'

// What UnShare does by default: it waits for a second yes.
const RULE = { who: ['slack:T1/U1'], where: ['*'], operations: ['ModifyImageShareStatus'] }

let dev, browser
before(async () => {
  dev = await Dev.start({ POLICY: JSON.stringify({ allow: [RULE] }) })
  browser = await Browser.start()
}, { timeout: 120_000 })
after(async () => {
  await browser?.stop()
  await dev?.stop()
})
beforeEach(() => dev.reset())

const idOf = ({ text }) => text.match(/Command\W+([0-9A-HJKMNP-TV-Z]{12})/)[1]
const TOKEN = 'input[name=token]'

async function signIn(page, token = dev.secrets.CONSOLE_TOKEN) {
  await page.fill(TOKEN, token)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** The console at an address, signed in. */
async function open(path = '/console', options) {
  const page = await browser.open(dev.url + path, options)
  await signIn(page)
  await page.getByRole('heading', { name: 'Console' }).waitFor()
  return page
}

const row = (page, id) => page.locator('#commands tr', { hasText: id })

test('where no token is configured there is no console', async () => {
  const bare = await Dev.start({ CONSOLE_TOKEN: '' })
  try {
    for (const path of ['/console', '/console/end', '/api/overview']) {
      assert.equal((await fetch(bare.url + path)).status, 404, path)
    }
  } finally {
    await bare.stop()
  }
})

test('whoever has the token gets in, to where they wanted to go, and out again', async () => {
  const page = await browser.open(`${dev.url}/console?state=Failed`)
  await screenshot(page, 'sign-in')
  assert.deepEqual(await barriers(page), [])
  assert.equal(await page.getByRole('alert').isVisible(), false)
  await signIn(page, 'not the token')
  await page.getByRole('alert').waitFor()
  assert.equal(await page.getByRole('alert').textContent(), 'That is not the token.')
  await signIn(page)
  await page.getByRole('heading', { name: 'Console' }).waitFor()
  assert.equal(page.url(), `${dev.url}/console?state=Failed`)
  assert.equal(await page.locator('select[name=state]').inputValue(), 'Failed')
  const [cookie] = await page.context().cookies()
  assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite], ['opshook_console', true, 'Strict'])
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.locator(TOKEN).waitFor()
  assert.deepEqual(await page.context().cookies(), [])
  assert.deepEqual(page.trouble, [])
})

test('a forged cookie opens nothing, and another site can send nothing', async () => {
  const page = await open()
  const [cookie] = await page.context().cookies()
  const end = cookie.value.split('.')[0]
  const forged = `opshook_console=${Number(end) + 60}.${cookie.value.split('.')[1]}`
  const asked = await fetch(`${dev.url}/console`, { headers: { cookie: forged } })
  assert.match(await asked.text(), /<title>Sign in/)
  assert.equal((await fetch(`${dev.url}/api/commands`, { headers: { cookie: forged } })).status, 401)
  const waiting = idOf(await dev.say(`unshare ${SHARED_IMAGE} cn-hangzhou`))
  const good = `opshook_console=${cookie.value}`
  for (const origin of [undefined, 'null', 'https://evil.example']) {
    const headers = { cookie: good, ...(origin && { origin }) }
    const answer = await fetch(`${dev.url}/api/commands/${waiting}/cancel`, { method: 'POST', headers })
    assert.equal(answer.status, 403, origin)
  }
  assert.equal((await dev.command(waiting)).command.state, 'AwaitingConfirmation')
})

test('a command goes through its states before your eyes', async () => {
  const page = await open()
  await dev.faults({ next: 9, kind: 'status:500' })
  const delivery = dev.slack(`share ${IMAGE} cn-hangzhou`)
  const id = idOf(await dev.send(delivery))
  await row(page, id).locator('.state', { hasText: /InFlight|Ready/ }).waitFor()
  await dev.control('faults', undefined, 'DELETE')
  await dev.followUp(delivery.followUpPath)
  await row(page, id).locator('.state', { hasText: 'Succeeded' }).waitFor()

  await row(page, id).getByRole('link').click()
  const steps = page.locator('#timeline li')
  await steps.filter({ hasText: 'Succeeded' }).waitFor()
  const events = (await dev.command(id)).audit.map(({ event }) => event)
  assert.equal(await steps.count(), events.length)
  assert.match(await steps.first().textContent(), /accepted Ready.*slack:T1\/U1/)
  const facts = await page.locator('#facts').textContent()
  for (const part of ['ModifyImageShareStatus', IMAGE, 'cn-hangzhou', 'slack:T1/C1']) assert.ok(facts.includes(part), part)
  assert.equal(await page.getByRole('button', { name: 'Cancel this command' }).isVisible(), false)
  await page.getByRole('button', { name: 'Check the audit' }).click()
  await page.locator('#checked', { hasText: /^In order: \d+ rows/ }).waitFor()
  assert.deepEqual(page.trouble, [])
})

test('a waiting command is cancelled after a question, and whoever asked is told', async () => {
  const delivery = dev.slack(`unshare ${SHARED_IMAGE} cn-hangzhou`)
  const id = idOf(await dev.send(delivery))
  const page = await open(`/console#${id}`)
  const cancel = page.getByRole('button', { name: 'Cancel this command' })
  await cancel.click()
  await page.getByRole('button', { name: 'Leave it' }).click()
  assert.equal((await dev.command(id)).command.state, 'AwaitingConfirmation')
  await cancel.click()
  await page.getByRole('button', { name: 'Cancel the command' }).click()
  await page.locator('#detail-state', { hasText: 'Cancelled' }).waitFor()
  const told = await dev.followUp(delivery.followUpPath)
  assert.equal(told.outcome, 'information')
  const { command, audit } = await dev.command(id)
  assert.equal(command.state, 'Cancelled')
  assert.equal(audit.find(({ event }) => event === 'Cancel').who, 'console')
  assert.deepEqual(await dev.effects(), [])
  assert.equal(await cancel.isVisible(), false)
  assert.deepEqual(page.trouble, [])
})

test('what people write is text', async () => {
  const person = '<img>'
  const image = 'm-<img/src=x/onerror=document.title=2>\u202eevil'
  const actor = { organisation: 'o', person }
  const asked = { ImageId: image, Operation: 'Share', RegionId: 'cn-hangzhou' }
  const refused = await dev.send(dev.standard({ operation: 'ModifyImageShareStatus', parameters: asked, actor }))
  assert.equal(refused.outcome, 'refusal', refused.text)
  const [{ id, who, parameters }] = (await dev.api('commands?limit=1')).json.commands
  assert.deepEqual([who, parameters.ImageId], [`standard:o/${person}`, image])
  const page = await open(`/console#${id}`)
  await page.locator('#facts').filter({ hasText: 'ModifyImageShareStatus' }).waitFor()
  for (const shown of [await page.locator('#facts').textContent(), await row(page, id).textContent()]) {
    assert.ok(shown.includes(person) && shown.includes(image.replace('\u202e', '⟨U+202E⟩')), shown)
  }
  assert.equal(await page.locator('main img').count(), 0)
  assert.equal(await page.title(), 'Console · opshook')
  assert.deepEqual(page.trouble, [])
})

test('what comes from the interface is text wherever it stands, and 10 kB of it fit', async () => {
  const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202e`
  await dev.say(`share ${IMAGE} cn-hangzhou`)
  const { json: { commands: [command] } } = await dev.api('commands?limit=1')
  const bad = {
    ...command, operation: hostile, who: hostile, where: hostile, code: hostile, message: hostile + 'x'.repeat(10_000),
    parameters: { [hostile]: hostile, ImageId: hostile },
  }
  const row = { seq: 1, at_ms: 0, event: hostile, to: 'Failed', who: hostile, attempt: 1, request_id: hostile, outcome: hostile }
  const page = await open()
  await page.route('**/api/commands?*', route => route.fulfill({ json: { commands: [bad], next: null } }))
  await page.route(`**/api/commands/${command.id}`, route => route.fulfill({ json: { command: bad, audit: [row] } }))
  await page.goto(`${dev.url}/console?operation=#${command.id}`)
  await page.locator('#timeline').getByText('⟨U+202E⟩').first().waitFor()
  assert.equal(await page.locator('main img, main script').count(), 0)
  assert.ok((await page.locator('#facts').innerText()).includes('<img src=x'))
  assert.equal(await page.title(), 'Console · opshook')
  assert.deepEqual(await overflow(page), { wide: 0, out: [] })
  assert.deepEqual(page.trouble, [])
})

test('an unknown id is said to be none', async () => {
  const page = await open('/console#000000000000')
  await page.locator('#detail-state', { hasText: 'There is no such command.' }).waitFor()
  assert.equal((await dev.api('commands/000000000000')).status, 404)
})

test('the list comes in pages and by what is asked for', async () => {
  // What is refused is kept, and costs the vendor nothing.
  for (let count = 0; count < 60; count += 1) await dev.say(`share ${IMAGE} cn-hangzhou`, { user: `U9${count}` })
  const page = await open('/console?state=Denied&operation=ModifyImageShareStatus')
  await row(page, 'slack:T1/U959').waitFor()
  assert.equal(await page.locator('#commands tr').count(), 50)
  await page.getByRole('link', { name: 'Older' }).click()
  await row(page, 'slack:T1/U90').waitFor()
  assert.ok(await page.locator('#commands tr').count() >= 10)
  await page.getByLabel('Person').fill('slack:T1/U933')
  await page.getByRole('button', { name: 'Filter' }).click()
  await row(page, 'slack:T1/U933').waitFor()
  assert.equal(await page.locator('#commands tr').count(), 1)
  assert.ok(page.url().includes('who=slack%3AT1%2FU933'))
  assert.deepEqual(page.trouble, [])
})

test('whoever is signed out meanwhile signs in again where they are', async () => {
  const page = await open('/console?operation=ListRegions#main')
  await page.context().clearCookies()
  await page.locator(TOKEN).waitFor()
  await signIn(page)
  await page.getByRole('heading', { name: 'Console' }).waitFor()
  assert.equal(page.url(), `${dev.url}/console?operation=ListRegions#main`)
})

for (const [colorScheme, options] of [['light', {}], ['dark', {}], ['light', { viewport: PHONE }]]) {
  test(`it can be used by everybody, ${colorScheme}, ${options.viewport ? 'on a phone' : 'on a desk'}`, async () => {
    const id = idOf(await dev.say(`unshare ${SHARED_IMAGE} cn-hangzhou`))
    const page = await open(`/console#${id}`, { colorScheme, ...options })
    await page.getByRole('button', { name: 'Cancel this command' }).waitFor()
    assert.deepEqual(await barriers(page), [])
    assert.deepEqual(await overflow(page), { wide: 0, out: [] })
    await screenshot(page, `console-${colorScheme}${options.viewport ? '-phone' : ''}`)
    assert.deepEqual(page.trouble, [])
  })
}
