// The built Worker with many ledgers in place of its one: the header `x-account` names which. With COUNT it also counts what
// the platform bills; `GET /counts` answers with the counts since the last time.
import ours, { Ledger as Product } from './index.js'

const NOTHING = { requests: 0, alarms: 0, statements: 0, rowsRead: 0, rowsWritten: 0, alarmsSet: 0, bytes: 0 }
let counts = { ...NOTHING }
let cursors = []

/** `target`, with some members of our own. */
const over = (target, own) => new Proxy(target, {
  get(target, name) {
    if (name in own) return own[name]
    const value = target[name]
    return typeof value === 'function' ? value.bind(target) : value
  },
})

function counting(state) {
  const { storage } = state
  const sql = over(storage.sql, {
    exec(...statement) {
      const cursor = storage.sql.exec(...statement)
      cursors.push(cursor)
      return cursor
    },
  })
  const set = name => (...values) => {
    counts.alarmsSet += 1
    return storage[name](...values)
  }
  return over(state, { storage: over(storage, { sql, setAlarm: set('setAlarm'), deleteAlarm: set('deleteAlarm') }) })
}

export class Ledger {
  constructor(state, env) {
    this.sql = state.storage.sql
    this.ledger = new Product(env.COUNT ? counting(state) : state, env)
  }
  async fetch(request) {
    counts.requests += 1
    const answer = await this.ledger.fetch(request)
    counts.bytes = this.sql.databaseSize
    return answer
  }
  alarm() {
    counts.alarms += 1
    return this.ledger.alarm()
  }
}

export default {
  fetch(request, env, context) {
    if (env.COUNT && new URL(request.url).pathname === '/counts') {
      // A cursor knows once it has been read.
      for (const { rowsRead, rowsWritten } of cursors) {
        counts.statements += 1
        counts.rowsRead += rowsRead
        counts.rowsWritten += rowsWritten
      }
      const answer = Response.json(counts)
      counts = { ...NOTHING }
      cursors = []
      return answer
    }
    const account = request.headers.get('x-account') ?? 'default'
    const LEDGER = { getByName: () => env.LEDGER.getByName(account) }
    return ours.fetch(request, { ...env, LEDGER }, context)
  },
}
