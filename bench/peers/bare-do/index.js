// The floor of whatever is durable: a request is a row and an alarm, and nothing is checked, parsed or decided.
import { DurableObject } from 'cloudflare:workers'

export class Box extends DurableObject {
  constructor(state, env) {
    super(state, env)
    this.storage = state.storage
    this.storage.sql.exec('CREATE TABLE IF NOT EXISTS deliveries (n INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT')
  }

  async fetch(request) {
    this.storage.sql.exec('INSERT INTO deliveries (body) VALUES (?)', await request.text())
    // Not awaited: the answer waits for both all the same.
    this.storage.setAlarm(Date.now() + 600_000)
    return new Response('accepted')
  }

  alarm() {}
}

export default {
  fetch: (request, env) => env.BOX.getByName('default').fetch(request),
}
