// The console: what /api shows, asked again and again. Whatever comes from outside becomes text and nothing else.
const PAGE = 50
const SOONEST = 2_000
const QUIET = 10_000
const LATEST = 30_000

const at = id => document.getElementById(id)
const query = new URLSearchParams(location.search)

/** Characters that nobody sees, or that turn the direction of text, by their numbers. */
const visible = text => String(text).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, c =>
  c === '\n' || c === '\t' ? c : `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`)

/** An element with text, or with other elements, in it. */
function make(tag, inside, attributes = {}) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  if (Array.isArray(inside)) element.append(...inside)
  else if (inside !== undefined) element.textContent = visible(inside)
  return element
}

const isolated = text => make('bdi', text)
const short = (text, most) => (text = String(text)).length > most ? `${text.slice(0, most)}…` : text

function time(ms) {
  const date = new Date(ms)
  return make('time', date.toLocaleString(), { datetime: date.toISOString() })
}

/** Sets text only where it is another: what has focus, or is being read, stays. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text
}

class SignedOut extends Error {}

async function ask(path, options = {}) {
  const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(15_000), ...options })
  if (answer.status === 401 || answer.status === 404 && path === '/api/overview') throw new SignedOut()
  return answer
}

async function json(path) {
  const answer = await ask(path)
  if (answer.status === 404) return null
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}`)
  return answer.json()
}

/** The same address asks for the token then. */
const signIn = () => location.reload()

/* The list */

const rows = new Map()

function rowOf(command) {
  const link = make('a', command.id, { href: `#${encodeURIComponent(command.id)}` })
  const row = {
    element: make('tr', [make('th', [], { scope: 'row' }), make('td', [])]),
    state: make('strong', ''),
    reason: make('p', '', { class: 'limit' }),
  }
  const [head, cell] = row.element.children
  const { operation, parameters, who } = command
  const image = parameters.ImageId ?? ''
  head.append(link, make('p', [isolated(short(operation, 80)), ' ', isolated(short(image, 80))]), make('p', [isolated(short(who, 80))]))
  cell.append(row.state, row.reason, make('p', [time(command.created_ms)], { class: 'limit' }))
  return row
}

const reason = ({ code, message }) => code ?? message ?? ''

function showCommands({ commands, next }) {
  const elements = commands.map(command => {
    if (!rows.has(command.id)) rows.set(command.id, rowOf(command))
    const row = rows.get(command.id)
    say(row.state, command.state)
    row.state.className = `state ${command.state}`
    say(row.reason, visible(short(reason(command), 120)))
    row.element.classList.toggle('chosen', command.id === chosen())
    return row.element
  })
  const body = at('commands')
  if (body.children.length !== elements.length || elements.some((element, n) => body.children[n] !== element)) {
    body.replaceChildren(...elements)
  }
  const shown = new Set(commands.map(({ id }) => id))
  for (const id of rows.keys()) if (!shown.has(id)) rows.delete(id)
  at('none').hidden = commands.length > 0
  at('newest').hidden = !query.has('before')
  at('newest').href = address({ before: null })
  at('older').hidden = next === null
  at('older').href = address({ before: next })
}

/** This page with these members of its query set, or taken out. */
function address(changes) {
  const changed = new URLSearchParams(query)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') changed.delete(name)
    else changed.set(name, value)
  }
  return `/console?${changed}`
}

/* One command */

const EVENTS = {
  Admit: 'accepted', Hold: 'waits for a second yes', Deny: 'not allowed', Confirm: 'confirmed', Cancel: 'taken back',
  Begin: 'a call begins', Act: 'done; whether it shows is looked at', Succeed: 'done', Fail: 'refused by the vendor',
  Defer: 'put off', Lapse: 'its time is over', Tell: 'told', Refuse: 'a code was not taken',
}

const chosen = () => {
  try { return decodeURIComponent(location.hash.slice(1)) } catch { return '' }
}

function fact(name, value) {
  return value === null || value === undefined || value === '' ? [] : [make('dt', name), make('dd', value instanceof Node ? [value] : [isolated(value)])]
}

function showCommand(found) {
  const id = chosen()
  at('detail').hidden = id === '' || id === 'main'
  if (at('detail').hidden) return
  say(at('detail-heading'), visible(short(id, 80)))
  if (found === null) {
    say(at('detail-state'), 'There is no such command.')
    at('cancel').hidden = true
    at('facts').replaceChildren()
    at('timeline').replaceChildren()
    return
  }
  const { command, audit } = found
  say(at('detail-state'), command.state)
  at('detail-state').className = `state ${command.state}`
  at('cancel').hidden = !(command.attempts === 0 && ['AwaitingConfirmation', 'Ready'].includes(command.state))
  const parameters = Object.entries(command.parameters).flatMap(([name, value]) => fact(name, value))
  const facts = [
    ...fact('Operation', command.operation), ...parameters,
    ...fact('Who', command.who), ...fact('Where', command.where), ...fact('Answered by', command.answered_by),
    ...fact('Accepted', time(command.created_ms)),
    ...fact('Attempts', command.attempts), ...fact('Code', command.code), ...fact('Message', command.message),
    ...fact('Seen', command.seen), ...fact('RequestId', command.request_id), ...fact('Delivery', command.delivery),
    ...fact('Result', command.undelivered ? 'could not be delivered' : command.follow_up ? null : 'no way back'),
  ]
  at('facts').replaceChildren(...facts)
  if (at('timeline').children.length !== audit.length || at('timeline').dataset.of !== id) {
    at('timeline').replaceChildren(...audit.map(step))
    at('timeline').dataset.of = id
  }
}

function step(row) {
  const about = [
    row.attempt > 0 ? `attempt ${row.attempt}` : null, row.outcome, row.request_id && `RequestId ${row.request_id}`,
    row.who === 'gateway' ? null : row.who,
  ].filter(Boolean)
  return make('li', [
    time(row.at_ms), ' ', make('strong', EVENTS[row.event] ?? row.event),
    ...(row.to ? [' ', make('span', row.to, { class: `state ${row.to}` })] : []),
    ...about.map(text => make('p', [isolated(text)], { class: 'limit' })),
  ])
}

/* How everything stands */

function showOverview({ states, lanes, paused, untold, rows, delivered }, { platforms = [] }) {
  const list = object => Object.entries(object).map(([name, count]) => `${name} ${count}`).join(', ') || 'nothing'
  const now = Date.now()
  const rests = Object.entries(paused).filter(([, until]) => until > now)
  const last = name => delivered[name] === undefined ? [isolated(name)] : [isolated(name), ' ', time(delivered[name])]
  const heard = platforms.map(name => make('p', last(name)))
  const elements = [
    ...fact('Open', list(states)),
    ...fact('Waiting for a turn', list(lanes)),
    ...rests.flatMap(([lane, until]) => fact('Throttled', make('span', [isolated(lane), ' until ', time(until)]))),
    ...fact('To be told', String(untold)),
    ...fact('Rows of the audit', String(rows ?? 0)),
    ...fact('Last heard from', heard.length > 0 ? make('div', heard) : 'no platform is configured'),
  ]
  at('overview').replaceChildren(...elements)
}

const hex = bytes => [...new Uint8Array(bytes)].map(byte => byte.toString(16).padStart(2, '0')).join('')

/** Follows the chain of hashes over every row. */
async function checkAudit() {
  const say = text => { at('checked').textContent = text }
  let after = 0
  let previous = '0'.repeat(64)
  let count = 0
  while (true) {
    const answer = await ask(`/api/audit?after=${after}`)
    if (!answer.ok) return say(`/api/audit answers ${answer.status}`)
    for (const line of (await answer.text()).split('\n')) {
      if (line === '') continue
      const row = JSON.parse(line)
      if (row.checkpoint) {
        ({ seq: after, hash: previous } = row.checkpoint)
      } else if (row.end) {
        return row.end.seq === after && row.end.hash === previous
          ? say(`In order: ${count} rows, up to number ${after}.`)
          : say(`Broken: the end names row ${row.end.seq}, the last one is ${after}.`)
      } else {
        const text = new TextEncoder().encode(line.slice(0, line.lastIndexOf(',"hash":')))
        const hash = hex(await crypto.subtle.digest('SHA-256', text))
        if (hash !== row.hash || row.previous !== previous || row.seq !== after + 1) {
          return say(`Broken at row ${row.seq}.`)
        }
        previous = hash
        after = row.seq
        count += 1
        if (count % 1000 === 0) say(`${count} rows …`)
      }
    }
  }
}

// What the sign-in page said of a token before the right one, and names no command.
if (location.hash === '#wrong') history.replaceState(null, '', location.pathname + location.search)

/* Again and again */

let timer
let wait = SOONEST
let asked = 0
let before = ''

async function look() {
  const request = ++asked
  clearTimeout(timer)
  const id = chosen()
  const list = new URLSearchParams(query)
  list.set('limit', PAGE)
  try {
    const [commands, found, overview, health] = await Promise.all([
      json(`/api/commands?${list}`),
      id === '' || id === 'main' ? null : json(`/api/commands/${encodeURIComponent(id)}`),
      json('/api/overview'),
      fetch('/healthz').then(answer => answer.json()),
    ])
    if (request !== asked) return
    showCommands(commands)
    showCommand(found)
    showOverview(overview, health)
    say(at('state'), '')
    const now = JSON.stringify([commands, found])
    wait = now === before ? Math.min(wait * 1.5, QUIET) : SOONEST
    before = now
  } catch (error) {
    if (request !== asked) return
    if (error instanceof SignedOut) return signIn()
    wait = Math.min(wait * 2, LATEST)
    say(at('state'), `No answer. Trying again in ${Math.round(wait / 1000)} s.`)
  }
  if (!document.hidden) timer = setTimeout(look, wait)
}

for (const [name, value] of query) {
  const field = at('filter').elements.namedItem(name)
  if (field) field.value = value
}
at('filter').addEventListener('submit', event => {
  event.preventDefault()
  location.assign(address({ before: null, ...Object.fromEntries(new FormData(at('filter'))) }))
})
addEventListener('hashchange', async () => {
  for (const [id, row] of rows) row.element.classList.toggle('chosen', id === chosen())
  await look()
  if (!at('detail').hidden) at('detail-heading').focus()
})
document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer)
  else look()
})
at('cancel').addEventListener('click', () => {
  at('sure').returnValue = ''
  at('sure').showModal()
})
at('sure').addEventListener('close', async () => {
  if (at('sure').returnValue !== 'yes') return
  try {
    const answer = await ask(`/api/commands/${encodeURIComponent(chosen())}/cancel`, { method: 'POST' })
    if (answer.status === 409) say(at('state'), 'It waits no longer.')
    else if (!answer.ok) say(at('state'), `It was not cancelled: ${answer.status}.`)
  } catch (error) {
    if (error instanceof SignedOut) return signIn()
    say(at('state'), 'No answer: look whether it was cancelled.')
  }
  look()
})
at('check').addEventListener('click', async () => {
  at('check').disabled = true
  try {
    await checkAudit()
  } catch (error) {
    if (error instanceof SignedOut) return signIn()
    at('checked').textContent = 'No answer.'
  }
  at('check').disabled = false
})

look()
