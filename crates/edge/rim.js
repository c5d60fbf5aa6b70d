// The rim between the wasm and the runtime: each of these takes one crossing where the web's own calls, one by one, take many.

/** Lines of a name and a value in turn. */
function headers(lines) {
  const found = {}
  const parts = lines.split('\n')
  for (let at = 0; at + 1 < parts.length; at += 2) found[parts[at]] = parts[at + 1]
  return found
}

/** An answer of our own. */
export const answer = (status, lines, body) => new Response(body, { status, headers: headers(lines) })

/** What comes, or `undefined` where that takes longer than `limit`. */
async function within(limit, coming, over) {
  let timer
  const late = new Promise(resolve => {
    timer = setTimeout(() => {
      resolve()
      over?.()
    }, limit)
  })
  try {
    return await Promise.race([coming, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Sends a request and gives the status, `x-acs-retry-after`, the date and, if it is wanted, the body; `undefined`: the time was
 * over first. Redirects are not followed: a signed call and a follow-up both go to the host that was checked.
 */
export function send(method, url, lines, body, limit, wanted) {
  const controller = new AbortController()
  // What is in the memory of the wasm may move before it is sent.
  const request = { method, headers: headers(lines), redirect: 'manual', signal: controller.signal }
  if (body.length > 0) request.body = body.slice()
  const coming = async () => {
    const response = await fetch(url, request)
    const told = [response.status, response.headers.get('x-acs-retry-after'), Date.parse(response.headers.get('date'))]
    if (wanted) return [...told, new Uint8Array(await response.arrayBuffer())]
    // Nobody waits for the end of a body that says nothing.
    controller.abort()
    return told
  }
  return within(limit, coming(), () => controller.abort())
}

const ledger = (env, path, init) => env.LEDGER.getByName('default').fetch(`http://ledger${path}`, init)

/** Has the ledger answer a question until then; `undefined`: it has not within `limit`. */
export function ask(env, until, question, limit) {
  const told = ledger(env, `/?until=${until}`, { method: 'POST', body: question }).then(answer => answer.text())
  return limit === undefined ? told : within(limit, told)
}

/** What the ledger shows. */
export const show = (env, method, path) => ledger(env, path, { method })

/** A file that is deployed with the Worker, under these headers; `missing` where there is none. */
export async function asset(env, file, request, lines, missing) {
  const known = request.headers.get('if-none-match')
  const init = { method: request.method, headers: known === null ? {} : { 'if-none-match': known } }
  const found = await env.ASSETS?.fetch(`http://site${file}`, init)
  if (found?.status !== 200 && found?.status !== 304) return missing
  const version = found.headers.get('etag')
  const shown = version === null ? headers(lines) : { ...headers(lines), etag: version }
  return new Response(found.body, { status: found.status, headers: shown })
}

// Imported once an isolate. There are no more of them than are configured.
const keys = new Map()

/** Whether `key` made the Ed25519 `signature`. What the runtime throws at either is a no. */
export async function madeSignature(key, signature, message) {
  const [name, raw, signed, text] = [key.join(), key.slice(), signature.slice(), message.slice()]
  try {
    if (!keys.has(name)) keys.set(name, await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']))
    return await crypto.subtle.verify('Ed25519', keys.get(name), signed, text)
  } catch {
    return false
  }
}
