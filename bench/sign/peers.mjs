// `node peers.mjs NAME TIMES`: the vendor's own signers at work on the request of `bench-sign`; prints the nanoseconds it took,
// after a warm-up.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const [, , name, times] = process.argv

const COMMON = {
  AccessKeyId: 'testid', Action: 'ModifyImageShareStatus', Format: 'JSON', SignatureMethod: 'HMAC-SHA1',
  SignatureNonce: '3156853299f313e23d1673dc12e1703d', SignatureVersion: '1.0', Timestamp: '2023-10-26T10:22:32Z', Version: '2020-06-01',
}
const QUERY = { ImageId: 'm-bp1e79zktg26n2b0001', Operation: 'Share', RegionId: 'cn-hangzhou' }
const { default: OpenApiUtil } = require('@alicloud/openapi-util')

const contestants = {
  /** What the generated SDKs of some years called. */
  'openapi-util-rpc-sign'() {
    const sign = () => OpenApiUtil.getRPCSignature({ ...COMMON, ...QUERY }, 'POST', 'testsecret')
    assert.equal(sign(), process.env.RPC_SIGNATURE)
    return sign
  },
  'openapi-util-acs3-sign'() {
    const { Request } = require('@alicloud/tea-typescript')
    const empty = OpenApiUtil.hexEncode(OpenApiUtil.hash(Buffer.from(''), 'ACS3-HMAC-SHA256'))
    const sign = () => {
      const request = new Request()
      request.method = 'POST'
      request.pathname = '/'
      request.query = { ...QUERY }
      request.headers = {
        host: 'swas.cn-hangzhou.aliyuncs.com', 'x-acs-action': COMMON.Action, 'x-acs-content-sha256': empty,
        'x-acs-date': COMMON.Timestamp, 'x-acs-signature-nonce': COMMON.SignatureNonce, 'x-acs-version': COMMON.Version,
      }
      return OpenApiUtil.getAuthorization(request, 'ACS3-HMAC-SHA256', empty, 'YourAccessKeyId', 'YourAccessKeySecret')
    }
    assert.ok(sign().endsWith(`Signature=${process.env.ACS3_SIGNATURE}`), sign())
    return sign
  },
  /** Signing is no function of its own there: a whole request up to where it would be sent, with a nonce and a time of its own. */
  'pop-core-rpc-sign'() {
    const httpx = require('httpx')
    let url
    httpx.request = async to => { url = to; return { req: { getHeaders: () => ({}) } } }
    httpx.read = async () => '{}'
    const client = new (require('@alicloud/pop-core').RPCClient)({
      accessKeyId: 'testid', accessKeySecret: 'testsecret', endpoint: 'https://swas.cn-hangzhou.aliyuncs.com', apiVersion: COMMON.Version,
    })
    return async () => {
      await client.request(COMMON.Action, QUERY, { method: 'GET' })
      return url
    }
  },
}

const prepare = contestants[name] ?? assert.fail('there is no such contestant')
const sign = prepare()
if (name.startsWith('pop-core')) {
  const { Signature, ...parameters } = Object.fromEntries(new URL(await sign()).searchParams)
  assert.equal(OpenApiUtil.getRPCSignature(parameters, 'GET', 'testsecret'), Signature)
}
let took
for (const _ of ['warm-up', 'measured']) {
  const started = process.hrtime.bigint()
  for (let done = 0; done < Number(times); done += 1) {
    const signed = sign()
    if (signed.then) await signed
  }
  took = process.hrtime.bigint() - started
}
console.log(String(took))
