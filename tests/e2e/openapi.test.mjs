// openapi.json is valid OpenAPI, and says what the Worker does: bodies it permits are understood, bodies it forbids are not.
import { Validator } from '@seriousme/openapi-schema-validator'
import Ajv from 'ajv/dist/2020.js'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { Dev, IMAGE, ROOT } from './harness.mjs'

const document = JSON.parse(readFileSync(join(ROOT, 'site/openapi.json'), 'utf8'))
const post = document.paths['/hooks/standard'].post
const schemas = new Ajv({ strict: false, validateFormats: false })
schemas.addSchema({ $id: 'openapi', ...document })
const schema = (...keys) =>
  schemas.compile({ $ref: `openapi#/${keys.map(key => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}` })
const component = name => schema('components', 'schemas', name)
const permits = schema('paths', '/hooks/standard', 'post', 'requestBody', 'content', 'application/json', 'schema')

let dev
before(async () => { dev = await Dev.start() }, { timeout: 120_000 })
after(() => dev?.stop())
beforeEach(() => dev.reset())

test('it is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(document))
  assert.ok(valid, JSON.stringify(errors))
  assert.equal(validator.version, '3.1')
})

const share = { RegionId: 'cn-hangzhou', ImageId: IMAGE, Operation: 'Share' }
const call = (operation, parameters, more) => ({ operation, parameters, ...more })
const permitted = [
  { command: 'regions' },
  { command: 'images cn-hangzhou', actor: { organisation: 'default', person: 'webhook' }, place: 'default' },
  { operation: 'ListRegions' },
  call('ListRegions', { AcceptLanguage: 'en-US' }),
  call('ModifyImageShareStatus', share),
  call('ListCustomImages', { RegionId: 'cn-hangzhou', PageSize: 100, Share: false, ImageIds: [IMAGE], 'Tag.1.Key': 'env' }),
  call('ListCustomImages', { RegionId: 'cn-hangzhou', ImageIds: JSON.stringify([IMAGE]) }),
  call('ListCustomImages', {}),
]
const forbidden = [
  {},
  { command: 'regions', operation: 'ListRegions' },
  { command: 'regions', parameters: {} },
  { command: 'regions', colour: 'red' },
  { command: 1 },
  { command: 'regions', actor: { person: 'a/b' } },
  { command: 'regions', actor: { name: 'a' } },
  { command: 'regions', place: '' },
  call('ListRegions', { AcceptLanguage: null }),
  call('RunInstances', {}),
  call('ListRegions', { AcceptLanguage: 'en-us' }),
  call('ListCustomImages', { PageSize: 101 }),
  call('ListCustomImages', { PageSize: 0 }),
  call('ListCustomImages', { 'Tag.0.Key': 'env' }),
  call('ListCustomImages', { Colour: 'red' }),
  call('ModifyImageShareStatus', { ...share, ImageId: 'i-1' }),
  call('ModifyImageShareStatus', { ...share, ClientToken: 'x' }),
  call('ModifyImageShareStatus', { ...share, Operation: undefined }),
  { operation: 'ModifyImageShareStatus' },
]

test('what it permits is understood, and answered as it says', async () => {
  const reply = component('Reply')
  for (const body of permitted) {
    const shown = JSON.stringify(body)
    assert.ok(permits(body), `${shown}: ${JSON.stringify(permits.errors)}`)
    const answer = await dev.send(dev.standard(body))
    assert.equal(answer.status, 200, shown)
    assert.equal(answer.outcome, 'success', `${shown}: ${answer.text}`)
    assert.equal(answer.json.status, answer.outcome)
    assert.ok(reply(answer.json), `${answer.text}: ${JSON.stringify(reply.errors)}`)
  }
})

test('what it forbids is refused', async () => {
  const reply = component('Reply')
  for (const body of forbidden) {
    const shown = JSON.stringify(body)
    assert.ok(!permits(JSON.parse(shown)), shown)
    const answer = await dev.send(dev.standard(body))
    assert.deepEqual([answer.status, answer.outcome, answer.json.status], [200, 'refusal', 'refusal'], `${shown}: ${answer.text}`)
    assert.ok(reply(answer.json), answer.text)
  }
  assert.deepEqual(await dev.journal(), [])
})

test('its other answers are the Worker\'s', async () => {
  const unsigned = { ...dev.standard({ command: 'help' }), headers: {} }
  assert.equal((await dev.send(unsigned)).status, 401)
  const large = dev.standard({ command: 'x'.repeat(64 * 1024) })
  assert.equal((await dev.send(large)).status, 413)
  for (const status of [401, 413]) assert.ok(post.responses[status].content['text/plain'])
  const health = await fetch(`${dev.url}/healthz`)
  assert.equal(health.status, 200)
  assert.ok(component('Healthy')(await health.json()))
})
