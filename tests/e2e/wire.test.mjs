// For the same arguments, generated requests put on the wire what the vendor's own SDKs put there.
//
// The typed requests are in `tests/wire/driver`, one file a product; here are the calls of the SDKs that say the same.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ROOT, program, run } from './harness.mjs'

const require = createRequire(import.meta.url)
const { $OpenApiUtil } = require('@alicloud/openapi-core')

const DOCUMENTS = join(ROOT, '../shared/metadata')
const FOLDER = join(ROOT, 'target/wire')
const LIMIT = 300_000

/** Everything that a form or a query string must escape, and what it must not touch. */
const AWKWARD = 'a b+c&d=e%20f~g*h/i?j#k"l\'\\\n\t\u{1f600}\u{e9}\u{2028}é='
const regionId = 'cn-hangzhou'

/**
 * Products by the folder of their document: the SDK, and its calls by the name of the case. A call is the method and the
 * fields of its request, or the method alone where there is no request.
 */
const PRODUCTS = {
  'swas-open/2020-06-01': ['@alicloud/swas-open20200601', m => ({
    'texts': ['modifyImageShareStatus', { regionId, imageId: 'm-bp1', operation: 'Share', clientToken: '123e4567' }],
    'required only': ['listInstances', { regionId }],
    'numbers, objects in a list, absent and empty': ['listInstances', {
      regionId, instanceIds: '["i-1","i-2"]', chargeType: '', pageNumber: 1, pageSize: 100,
      tag: [
        new m.ListInstancesRequestTag({ key: 'env', value: '' }),
        new m.ListInstancesRequestTag({ key: 'only a key' }),
        new m.ListInstancesRequestTag({ value: 'only a value' }),
      ],
    }],
    'empty list': ['listInstances', { regionId, tag: [] }],
    'empty object in a list': ['listInstances', {
      regionId, tag: [new m.ListInstancesRequestTag({}), new m.ListInstancesRequestTag({ key: 'second' })],
    }],
    'more than nine in a list': ['listInstances', {
      regionId, tag: Array.from({ length: 11 }, (_, index) => new m.ListInstancesRequestTag({ key: `key ${index + 1}` })),
    }],
    'booleans and numbers': ['createInstances', {
      regionId, imageId: 'm-1', planId: 'plan', period: 12, autoRenew: true, autoRenewPeriod: 1, dataDiskSize: 16380, amount: 200,
    }],
    'false and zero': ['createInstances', { regionId, imageId: 'm-1', planId: 'plan', period: 1, autoRenew: false, dataDiskSize: 0 }],
    'flat object': ['resetSystem', {
      instanceId: 'i-1', regionId, loginCredentials: new m.ResetSystemRequestLoginCredentials({ password: AWKWARD, keyPairName: 'k' }),
    }],
    'flat object, empty': ['resetSystem', { instanceId: 'i-1', regionId, loginCredentials: new m.ResetSystemRequestLoginCredentials({}) }],
    'joined by commas': ['deleteFirewallRules', { instanceId: 'i-1', regionId, ruleIds: ['r-1', 'r-2', 'r 3'] }],
    'joined by commas, one': ['deleteFirewallRules', { instanceId: 'i-1', regionId, ruleIds: ['r-1'] }],
    'joined by commas, none': ['deleteFirewallRules', { instanceId: 'i-1', regionId, ruleIds: [] }],
    'joined by commas, a comma inside': ['deleteFirewallRules', { instanceId: 'i-1', regionId, ruleIds: ['a,b', 'c'] }],
    'JSON list of objects beside a flat one': ['createFirewallRules', {
      instanceId: 'i-1', regionId,
      firewallRules: [
        new m.CreateFirewallRulesRequestFirewallRules({ ruleProtocol: 'Tcp', port: '80/90', sourceCidrIp: '0.0.0.0/0', remark: AWKWARD }),
        new m.CreateFirewallRulesRequestFirewallRules({ ruleProtocol: 'Icmp', remark: '' }),
        new m.CreateFirewallRulesRequestFirewallRules({}),
      ],
      tag: [new m.CreateFirewallRulesRequestTag({ key: 'k', value: 'v' })],
    }],
    'JSON list, empty': ['createFirewallRules', { instanceId: 'i-1', regionId, firewallRules: [] }],
    'JSON list of texts': ['installCloudAssistant', { regionId, instanceIds: ['i-1', AWKWARD, ''] }],
    'list of 64-bit numbers': ['addCustomImageShareAccount', { regionId, imageId: 'm-1', account: [1, 0, -7, Number.MAX_SAFE_INTEGER] }],
    'list of texts': ['attachKeyPair', { regionId, instanceIds: ['i-1', 'i 2', ''], keyPairName: 'pair' }],
    'objects with required fields': ['createFirewallTemplate', {
      regionId, name: 'template',
      firewallRule: [
        new m.CreateFirewallTemplateRequestFirewallRule({ ruleProtocol: 'Tcp', port: '22', sourceCidrIp: '10.0.0.0/8' }),
        new m.CreateFirewallTemplateRequestFirewallRule({ ruleProtocol: 'Udp', port: '53', sourceCidrIp: '::/0', remark: 'é' }),
      ],
    }],
    'JSON map of anything': ['runCommand', {
      commandContent: AWKWARD, regionId, type: 'RunShellScript', instanceId: 'i-1', name: 'name', timeout: -1, enableParameter: true,
      parameters: {
        text: AWKWARD, control: '\0\x01\b\f\x1b\x7f\r', '': 'empty name', 'a.b': 'dots', 'é': 1,
        yes: true, no: false, nothing: null, whole: 3, negative: -4, half: 0.5, tiny: 1e-7,
        huge: 1e21, list: [1, 'two', [3.25], { four: [] }], object: { deep: { er: {} } },
      },
    }],
    'JSON map, empty': ['runCommand', { commandContent: AWKWARD, regionId, type: 'RunShellScript', instanceId: 'i-1', name: 'name', parameters: {} }],
  })],

  'alidns/2015-01-09': ['@alicloud/alidns20150109', m => ({
    'nothing': ['describeDomains', {}],
    '64-bit numbers and a boolean': ['describeDomains', { keyWord: '例え.com', pageNumber: 2, pageSize: 100, starmark: false }],
    'numbers in objects in a list': ['operateBatchDomain', {
      type: 'RR_ADD',
      domainRecordInfo: [
        new m.OperateBatchDomainRequestDomainRecordInfo({ domain: 'example.com', type: 'MX', value: 'mail.example.com', ttl: 600, rr: '@', priority: 0 }),
        new m.OperateBatchDomainRequestDomainRecordInfo({ domain: 'example.net', newRr: '*', newType: 'A' }),
      ],
    }],
    'booleans in objects in a list': ['updateDnsGtmInstanceGlobalConfig', {
      instanceId: 'gtm-1', alertGroup: '["a"]', forceUpdate: true,
      alertConfig: [
        new m.UpdateDnsGtmInstanceGlobalConfigRequestAlertConfig({ smsNotice: true, noticeType: 'ADDR_ALERT', emailNotice: false, dingtalkNotice: true }),
        new m.UpdateDnsGtmInstanceGlobalConfigRequestAlertConfig({ smsNotice: false }),
      ],
    }],
    'JSON list of objects with numbers and lists': ['replaceCloudGtmAddressPoolAddress', {
      addressPoolId: 'pool-1',
      addresses: [
        new m.ReplaceCloudGtmAddressPoolAddressRequestAddresses({ addressId: 'addr-1', weightValue: 1, serialNumber: 0, requestSource: ['default', 'cn_region_huabei'] }),
        new m.ReplaceCloudGtmAddressPoolAddressRequestAddresses({ addressId: 'addr-2', requestSource: [] }),
      ],
    }],
    'JSON with booleans beside a JSON list of texts': ['updateCloudGtmGlobalAlert', {
      alertGroup: ['group one', 'group "two"'],
      alertConfig: [new m.UpdateCloudGtmGlobalAlertRequestAlertConfig({ noticeType: 'addr_alert', smsNotice: true, emailNotice: false })],
    }],
    'two lists of texts': ['searchCloudGtmAddresses', { pageNumber: 1, pageSize: 20, names: ['one', 'two'], remarks: ['three'], nameSearchCondition: 'or' }],
    'JSON list in a JSON list': ['searchRecursionZones', {
      pageNumber: 1, pageSize: 100, maxResults: 10,
      effectiveScopes: [new m.SearchRecursionZonesRequestEffectiveScopes({ effectiveType: 'region', scope: ['cn-hangzhou', 'cn-beijing'] })],
    }],
    'enumerations in objects in lists': ['updateRspDomainServerProhibitStatusForGateway', {
      clientToken: 'token', domainName: 'example.com',
      addStatusList: [new m.UpdateRspDomainServerProhibitStatusForGatewayRequestAddStatusList({ status: 'serverDeleteProhibited', statusMsg: 'because' })],
      deleteStatusList: [new m.UpdateRspDomainServerProhibitStatusForGatewayRequestDeleteStatusList({ status: 'serverUpdateProhibited' })],
    }],
  })],

  'dysmsapi/2017-05-25': ['@alicloud/dysmsapi20170525', m => ({
    'form beside query': ['sendBatchSms', {
      phoneNumberJson: '["15900000000","13500000000"]', signNameJson: '["阿里云","a&b=c"]', templateCode: 'SMS_1',
      templateParamJson: '[{"name":"a + b"},{"name":"100% ~*\\n"}]', smsUpExtendCodeJson: '',
    }],
    'form only': ['addShortUrl', { sourceUrl: 'https://example.com/?a=b&c=d e', shortUrlName: 'name', effectiveDays: '3' }],
    'form for an operation that may also be DELETE': ['deleteShortUrl', { sourceUrl: 'https://a.b/c' }],
    'objects in a list in the form, an enumerated number in the query': ['addSmsSign', {
      signName: 'sign', signSource: 1, remark: 'remark',
      signFileList: [
        new m.AddSmsSignRequestSignFileList({ fileContents: 'R0lGODlhHAAmAKIHAKqqqsv+/=', fileSuffix: 'jpg' }),
        new m.AddSmsSignRequestSignFileList({ fileContents: 'iVBORw0KGgo', fileSuffix: 'png' }),
      ],
    }],
    'empty text where one is required': ['addSmsSign', {
      signName: 'sign', signSource: 1, remark: 'remark',
      signFileList: [
        new m.AddSmsSignRequestSignFileList({ fileContents: 'R0lGODlh', fileSuffix: 'jpg' }),
        new m.AddSmsSignRequestSignFileList({ fileContents: '', fileSuffix: 'png' }),
      ],
    }],
    'flat list of maps': ['checkMobilesCardSupport', {
      templateCode: 'CARD_SMS_1',
      mobiles: [
        { mobile: '13900001234', number: 7, half: 0.5, yes: true, no: false, nothing: null },
        { list: ['a', { deep: 1 }], object: { x: { y: 'z' } }, empty: '', none: [], void: {} },
      ],
    }],
    'flat list of maps with names that hold dots': ['checkMobilesCardSupport', { templateCode: 'CARD_SMS_1', mobiles: [{ 'a.b': '1' }] }],
    'JSON list of maps, an enumeration': ['queryMobilesCardSupport', {
      templateCode: 'CARD_SMS_1', encryptType: 'SHA1', mobiles: [{ mobile: '1390000****', 'a.b': [null, {}, 1] }, {}],
    }],
    'flat list of texts': ['queryCardSmsTemplateReport', {
      templateCodes: ['CARD_1', 'CARD 2'], startDate: '2020-10-11 00:00:01', endDate: '2020-10-12 00:00:01',
    }],
    'flat list of objects': ['sendCardSms', {
      signName: 'sign', cardTemplateCode: 'CARD_1', fallbackType: 'SMS',
      cardObjects: [
        new m.SendCardSmsRequestCardObjects({ customUrl: 'http://example.com?x=1&y=2', dyncParams: '{"param3":"","param1":"value1"}', mobile: '1390000****' }),
        new m.SendCardSmsRequestCardObjects({ mobile: '1390000****' }),
      ],
    }],
    'JSON object of anything': ['createCardSmsTemplate', {
      templateName: 'template',
      template: {
        extendData: {}, cardSignName: 'sign "quoted" \\ / </script>', cardType: 3,
        cards: [{ action: { floorUrl: '', toEditPage: false }, n: [1.5, -2, null] }],
      },
    }],
    'JSON list of numbers': ['querySmsAuthorizationLetter', { authorizationLetterIdList: [1_000_000_000_000, 0, -3] }],
    'checked texts and an enumerated number': ['createSmsTemplate', {
      templateName: 'name', templateContent: 'your code is ${code}', templateType: 0, moreData: ['one.png'], intlType: 1,
      templateRule: '{"code":"characterWithNumber"}',
    }],
    'objects and texts in lists': ['tagResources', {
      resourceType: 'ALIYUN::DYSMS::TEMPLATE', regionId, tag: [new m.TagResourcesRequestTag({ key: 'k', value: '' })], resourceId: ['SMS_1', 'SMS_2'],
    }],
  })],

  'ram/2015-05-01': ['@alicloud/ram20150501', m => ({
    'JSON text as text beside a JSON list': ['createRole', {
      roleName: 'role', assumeRolePolicyDocument: '{ "Statement": [],\n  "Version": "1" }', maxSessionDuration: 3600,
      tag: [new m.CreateRoleRequestTag({ key: 'k', value: '' })],
    }],
    'JSON lists of texts and of objects with required fields': ['tagResources', {
      resourceType: 'user', resourceNames: ['alice', 'bob'], tag: [new m.TagResourcesRequestTag({ key: 'a', value: 'b' })],
    }],
    'JSON lists, empty': ['listTagResources', { resourceType: 'user', resourceNames: [], tag: [], pageSize: 100 }],
    'JSON list of one empty object': ['listTagResources', { resourceType: 'user', tag: [new m.ListTagResourcesRequestTag({})] }],
    'a name in capitals, a password': ['createLoginProfile', {
      userName: 'alice', password: ' p@ss+w%rd ', passwordResetRequired: false, MFABindRequired: true,
    }],
  })],

  'sts/2015-04-01': ['@alicloud/sts20150401', () => ({
    'no parameters at all': ['getCallerIdentity'],
    '64-bit number, JSON text as text': ['assumeRole', {
      roleArn: 'acs:ram::123456789012****:role/adminrole', roleSessionName: 'alice@example.com', durationSeconds: 900,
      policy: '{"Statement": [{"Action": ["*"],"Effect": "Allow"}],"Version":"1"}',
    }],
  })],
}

/**
 * Where we differ from the SDK, and why: the pairs that only we and only they send, or what our own checks have against
 * sending the same.
 */
const DIFFERENCES = {
  'dysmsapi/flat list of maps with names that hold dots': {
    because: 'written plainly, a dot in a name means an object in an object; the SDKs\' own mapToFlatStyle marks such names, but this SDK does not call it',
    ours: { query: [['Mobiles.1.#3#a.b', '1']] },
    theirs: { query: [['Mobiles.1.a.b', '1']] },
  },
  'swas-open/empty object in a list': {
    because: 'an item without fields leaves no trace but a gap in the numbers; we refuse to send it',
    problems: ['Tag: items are numbered from 1 without a gap, 1 is missing'],
  },
  'dysmsapi/empty text where one is required': {
    because: 'we take an empty text for a required one as missing, and say so before sending it',
    problems: ['SignFileList.2.FileContents: required, but not given'],
  },
}

const absent = Object.keys(PRODUCTS).filter(product => !existsSync(join(DOCUMENTS, product, 'api-docs.json')))
const skip = absent.length > 0 && `no document of ${absent.join(', ')} in ../shared/metadata`

describe('wire form', { skip }, () => {
  let server, endpoint, received, ours

  before(async () => {
    server = createServer(async (request, response) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      received.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"RequestId":"E220A839-7B1D-4DAF-AE78-9E6AA1B965F4"}')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    endpoint = `127.0.0.1:${server.address().port}`
    ours = await drive()
  })
  after(() => {
    server.close()
    server.closeAllConnections()
  })

  for (const [product, [sdk, calls]] of Object.entries(PRODUCTS)) {
    const { default: Client, ...models } = require(sdk)
    describe(sdk, () => {
      for (const [name, [method, fields]] of Object.entries(calls(models))) {
        test(name, async t => {
          received = []
          const client = new Client(new $OpenApiUtil.Config({ accessKeyId: 'testid', accessKeySecret: 'testsecret', protocol: 'HTTP', endpoint }))
          await (fields ? client[method](new models[`${capitalized(method)}Request`](fields)) : client[method]())
          assert.equal(received.length, 1)
          const key = `${product.split('/')[0]}/${name}`
          assert.ok(ours[key], 'the driver has no such case')
          compare(t, key, ours[key], received[0])
          delete ours[key]
        })
      }
    })
  }

  test('every case of the driver was compared', () => assert.deepEqual(Object.keys(ours), []))
})

test('the comparison sees names, values, numbers of times and types', () => {
  const check = (ours, theirs, expected) => assert.deepEqual(unmatched(ours, theirs, []), expected)
  check([['a', '1'], ['b', '']], [['b', ''], ['a', '1']], [[], []])
  check([['a', '1']], [['A', '1']], [[['a', '1']], [['A', '1']]])
  check([['a', '1'], ['a', '1']], [['a', '1']], [[['a', '1']], []])
  check([['a', '']], [], [[['a', '']], []])
  check([['a', '{"x":1,"y":[2]}']], [['a', '{ "y": [2], "x": 1.0 }']], [[], []])
  check([['a', '{"x":1}']], [['a', '{"x":"1"}']], [[['a', '{"x":1}']], [['a', '{"x":"1"}']]])
  check([['a', '1']], [['a', '1.0']], [[['a', '1']], [['a', '1.0']]])
})

/** Generates the crates, builds the driver beside them, and reads what it prints. */
async function drive() {
  mkdirSync(FOLDER, { recursive: true })
  for (const [product, [sdk, calls]] of Object.entries(PRODUCTS)) {
    const operations = new Set(Object.values(calls(require(sdk))).map(([method]) => capitalized(method)))
    const [name, version] = product.split('/')
    await succeed(program('xtask'), [
      'codegen', '--document', join(DOCUMENTS, product, 'api-docs.json'), '--operations', [...operations].join(','),
      '--out', join(FOLDER, `${name}-${version.replaceAll('-', '')}`),
    ])
  }
  const driver = join(FOLDER, 'driver')
  // The time of a file tells cargo whether to build again.
  cpSync(join(ROOT, 'tests/wire/driver'), driver, { recursive: true, preserveTimestamps: true })
  cpSync(join(ROOT, 'Cargo.lock'), join(driver, 'Cargo.lock'))
  const build = join(FOLDER, 'build')
  await succeed('cargo', ['build', '--quiet', '--manifest-path', join(driver, 'Cargo.toml'), '--target-dir', build])
  return JSON.parse(await succeed(join(build, 'debug/wire-driver'), []))
}

async function succeed(name, args) {
  const { code, output } = await run(name, args, { limit: LIMIT })
  assert.equal(code, 0, output)
  return output
}

/** What both say must be the same: operation, method, path, and names with values in the query and in the form. */
function compare(t, name, sent, { method, url, headers, body }) {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const form = headers['content-type'] === 'application/x-www-form-urlencoded'
  assert.ok(form || body === '', `a body of ${headers['content-type']}`)
  assert.deepEqual(
    [sent.action, sent.version, sent.method, sent.path, sent.body, sent.headers],
    [headers['x-acs-action'], headers['x-acs-version'], method, pathname, null, []],
  )
  const { because, ours = {}, theirs = {}, problems = [] } = DIFFERENCES[name] ?? {}
  assert.deepEqual(sent.problems, problems, 'what our own checks say')
  const notes = because ? [because] : []
  for (const [position, pairs] of [['query', searchParams], ['form', new URLSearchParams(body)]]) {
    const [left, right] = unmatched(sent[position], [...pairs], notes)
    assert.deepEqual({ ours: left, theirs: right }, { ours: ours[position] ?? [], theirs: theirs[position] ?? [] }, position)
  }
  for (const note of notes) t.diagnostic(note)
}

/** The pairs of each side that the other has not. Two texts of the same JSON value are the same, and noted. */
function unmatched(ours, theirs, notes) {
  theirs = [...theirs]
  const left = ours.filter(([name, value]) => {
    let index = theirs.findIndex(pair => pair[0] === name && pair[1] === value)
    if (index < 0) {
      index = theirs.findIndex(pair => pair[0] === name && sameJson(pair[1], value))
      if (index < 0) return true
      const letters = text => [...text].sort().join('')
      const how = letters(value) === letters(theirs[index][1]) ? 'its members in another order' : 'written in another way'
      notes.push(`${name}: the same JSON, ${how}`)
    }
    theirs.splice(index, 1)
    return false
  })
  return [left, theirs]
}

function sameJson(one, other) {
  try {
    const values = [JSON.parse(one), JSON.parse(other)]
    if (!values.every(value => value instanceof Object)) return false
    assert.deepEqual(values[0], values[1])
    return true
  } catch {
    return false
  }
}

function capitalized(word) {
  return word[0].toUpperCase() + word.slice(1)
}
