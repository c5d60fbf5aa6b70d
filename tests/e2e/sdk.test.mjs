// The vendor's own SDKs as clients of the emulator: what they send, the emulator must accept, and the other way round.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { after, before, beforeEach, test } from 'node:test'
import { IMAGE, Lines, SHARED_IMAGE, program, within } from './harness.mjs'

const require = createRequire(import.meta.url)
const { default: Swas, ...models } = require('@alicloud/swas-open20200601')
const { $OpenApiUtil } = require('@alicloud/openapi-core')
const { RPCClient } = require('@alicloud/pop-core')

const KEY = { id: 'testid', secret: 'testsecret' }
const region = 'cn-hangzhou'
let emulator, address

before(async () => {
  const args = ['--listen', '127.0.0.1:0', '--access-key', `${KEY.id}:${KEY.secret}`, '--security-token', 'STS.id:secret:CAISexample+token/==']
  emulator = spawn(program('emulator'), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  address = (await new Lines(emulator.stdout).next(/^listening (http:\S+)/))[1]
})
after(async () => {
  emulator.kill('SIGTERM')
  await within(10_000, 'the end of the emulator', once(emulator, 'exit'))
})
beforeEach(() => fetch(`${address}/_emulator/reset`, { method: 'POST' }))

const journal = async () => (await (await fetch(`${address}/_emulator/journal`)).json()).entries

function acs3({ id, secret, token } = KEY) {
  const config = { accessKeyId: id, accessKeySecret: secret, securityToken: token, protocol: 'HTTP', endpoint: address.replace('http://', '') }
  return new Swas(new $OpenApiUtil.Config(config))
}

function rpc({ id, secret, token } = KEY, method = 'POST') {
  const client = new RPCClient({ accessKeyId: id, accessKeySecret: secret, securityToken: token, endpoint: address, apiVersion: '2020-06-01' })
  return (action, parameters) => client.request(action, parameters, { method })
}

for (const [name, key] of [['a key', KEY], ['a temporary key', { id: 'STS.id', secret: 'secret', token: 'CAISexample+token/==' }]]) {
  test(`ACS3 with ${name}: share, list, unshare`, async () => {
    const client = acs3(key)
    const share = await client.modifyImageShareStatus(new models.ModifyImageShareStatusRequest({ regionId: region, imageId: IMAGE, operation: 'Share' }))
    assert.equal(share.statusCode, 200)
    assert.match(share.body.requestId, /^[0-9A-F-]{36}$/)
    const request = new models.ListCustomImagesRequest({
      regionId: region, imageIds: JSON.stringify([IMAGE]), pageSize: 10, share: true,
      tag: [new models.ListCustomImagesRequestTag({ key: 'no such key', value: '' })],
    })
    assert.deepEqual((await client.listCustomImages(request)).body.customImages, [])
    delete request.tag
    const [image] = (await client.listCustomImages(request)).body.customImages
    assert.equal(image.imageId, IMAGE)
    assert.equal(image.inShare, true)
    await client.modifyImageShareStatus(new models.ModifyImageShareStatusRequest({ regionId: region, imageId: IMAGE, operation: 'UnShare' }))
    const entries = await journal()
    assert.ok(entries.every(entry => entry.scheme === 'acs3'))
    assert.deepEqual(entries.map(entry => entry.effect).filter(Boolean), [{ image: IMAGE, from: false, to: true }, { image: IMAGE, from: true, to: false }])
  })

  for (const method of ['GET', 'POST']) {
    test(`RPC by ${method} with ${name}: share, list, regions`, async () => {
      const call = rpc(key, method)
      const share = await call('ModifyImageShareStatus', { RegionId: region, ImageId: IMAGE, Operation: 'Share' })
      assert.match(share.RequestId, /^[0-9A-F-]{36}$/)
      const list = await call('ListCustomImages', { RegionId: region, ImageIds: JSON.stringify([IMAGE]) })
      assert.equal(list.TotalCount, '1')
      assert.equal(list.CustomImages[0].InShare, true)
      const regions = await call('ListRegions', { AcceptLanguage: 'en-US' })
      assert.equal(regions.Regions.length, 27)
      assert.ok((await journal()).every(entry => entry.scheme === 'rpc'))
    })
  }
}

test('the vendor\'s codes reach the SDKs', async () => {
  const unknown = { RegionId: region, ImageId: 'm-bp1e79zktg26n2b9999', Operation: 'Share' }
  await assert.rejects(rpc()('ModifyImageShareStatus', unknown), { code: 'InvalidImageId.NotFound' })
  await assert.rejects(rpc()('DeleteCustomImage', { RegionId: region, ImageId: SHARED_IMAGE }), { code: 'CustomImageInShare' })
  await assert.rejects(rpc()('ModifyImageShareStatus', { ...unknown, Operation: 'share' }), { code: 'InvalidParam.OperationIllegal' })
  await assert.rejects(rpc({ id: 'nobody', secret: 'x' })('ListRegions', {}), { code: 'InvalidAccessKeyId.NotFound' })
  await assert.rejects(rpc({ ...KEY, secret: 'wrong' })('ListRegions', {}), { code: 'SignatureDoesNotMatch' })
  const client = acs3({ ...KEY, secret: 'wrong' })
  await assert.rejects(client.listRegions(new models.ListRegionsRequest({})), { code: 'SignatureDoesNotMatch' })
  const share = { regionId: region, imageId: unknown.ImageId, operation: 'Share' }
  await assert.rejects(acs3().modifyImageShareStatus(new models.ModifyImageShareStatusRequest(share)), { code: 'InvalidImageId.NotFound' })
  assert.deepEqual((await journal()).map(entry => entry.effect).filter(Boolean), [])
})

test('a client token is answered the same again, and refused with other parameters', async () => {
  const parameters = { RegionId: region, ImageId: IMAGE, Operation: 'Share', ClientToken: '123e4567-e89b-12d3-a456-426655440000' }
  const first = await rpc()('ModifyImageShareStatus', parameters)
  const second = await rpc()('ModifyImageShareStatus', parameters)
  assert.equal(second.RequestId, first.RequestId)
  await assert.rejects(rpc()('ModifyImageShareStatus', { ...parameters, Operation: 'UnShare' }), { code: 'IdempotentParameterMismatch' })
  assert.equal((await journal()).filter(entry => entry.effect).length, 1)
})
