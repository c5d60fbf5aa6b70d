// A slash command with what the two sides offer: slack-cloudflare-workers, and the vendor's SDK. Nothing is stored.
import Swas, { ListCustomImagesRequest, ListRegionsRequest, ModifyImageShareStatusRequest } from '@alicloud/swas-open20200601'
import { $OpenApiUtil } from '@alicloud/openapi-core'
import { SlackApp } from 'slack-cloudflare-workers'
import { HELP, type Call, type Policy, allowed, read } from '../command'

type Env = {
  SLACK_SIGNING_SECRET: string
  ALIBABA_CLOUD_ACCESS_KEY_ID: string
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: string
  DEFAULT_REGION: string
  SWAS_ENDPOINT: string
  POLICY: Policy
  /** `yes`: it looks before and after, as opshook does. */
  LOOKS?: string
}

const isShared = async (client: Swas, { ImageId, RegionId }: Record<string, string>) => {
  const request = new ListCustomImagesRequest({ regionId: RegionId, imageIds: JSON.stringify([ImageId]) })
  return (await client.listCustomImages(request)).body?.customImages?.[0]?.inShare
}

async function run(env: Env, client: Swas, { operation, parameters }: Call) {
  if (operation === 'ListRegions') return (await client.listRegions(new ListRegionsRequest({}))).body?.requestId
  if (operation === 'ListCustomImages') {
    const request = new ListCustomImagesRequest({ regionId: parameters.RegionId })
    return (await client.listCustomImages(request)).body?.requestId
  }
  const wanted = parameters.Operation === 'Share'
  if (env.LOOKS === 'yes' && await isShared(client, parameters) === wanted) return 'already so'
  const request = new ModifyImageShareStatusRequest({
    regionId: parameters.RegionId, imageId: parameters.ImageId, operation: parameters.Operation, clientToken: crypto.randomUUID(),
  })
  const { body } = await client.modifyImageShareStatus(request)
  if (env.LOOKS === 'yes' && await isShared(client, parameters) !== wanted) return 'not seen yet'
  return body?.requestId
}

function build(env: Env) {
  const [protocol, endpoint] = env.SWAS_ENDPOINT.split('://')
  const client = new Swas(new $OpenApiUtil.Config({
    accessKeyId: env.ALIBABA_CLOUD_ACCESS_KEY_ID, accessKeySecret: env.ALIBABA_CLOUD_ACCESS_KEY_SECRET, protocol, endpoint,
  }))
  // Without an `authorize` of its own the app asks Slack who it is, at every command.
  const authorize = async () => ({ botId: 'B1', botUserId: 'U0', botToken: 'xoxb-played', botScopes: ['commands'] })
  return new SlackApp({ env, authorize }).command('/swas', async ({ payload }) => {
    const { text, team_id: team, user_id: user, channel_id: channel } = payload
    if (text === 'help') return HELP
    const call = read(text, env.DEFAULT_REGION)
    if (!call) return 'There is no such command.'
    if (!allowed(env.POLICY, `slack:${team}/${user}`, `slack:${team}/${channel}`, call)) return 'You may not do this here.'
    try {
      return `Done: ${text}\nRequestId: ${await run(env, client, call)}`
    } catch (error) {
      return `Failed: ${(error as { code?: string }).code ?? error}`
    }
  })
}

// Once an isolate, both.
let app: ReturnType<typeof build> | undefined

export default {
  fetch: (request: Request, env: Env, context: ExecutionContext) => (app ??= build(env)).run(request, context),
}
