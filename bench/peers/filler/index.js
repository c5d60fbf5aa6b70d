// Fills a ledger that holds one command with copies of it, ended long ago, and of its row of the audit: `POST /?from=2&to=1000`.
// Makes everything older by so many milliseconds: `POST /?age=1000`.
// Every fourth row begins another command. The chain of hashes is not kept up: nothing that is measured looks at it.
import { DurableObject } from 'cloudflare:workers'

// Scattered over the index, as real ids are.
const id = n => `printf('%012d', (((${n}) / 4) * 2654435761) % 1000000000000)`
const numbers = 'WITH RECURSIVE numbers (n) AS (SELECT CAST(? AS INTEGER) UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)'

export class Ledger extends DurableObject {
  fetch(request) {
    const { sql } = this.ctx.storage
    const { searchParams } = new URL(request.url)
    if (searchParams.has('age')) this.age(sql, Number(searchParams.get('age')))
    else if (request.method === 'POST') this.fill(sql, searchParams)
    return Response.json({ rows: sql.exec('SELECT count(*) AS rows FROM audit').one().rows, bytes: sql.databaseSize })
  }

  fill(sql, searchParams) {
    const range = [Number(searchParams.get('from')), Number(searchParams.get('to'))]
    this.ctx.storage.transactionSync(() => {
      sql.exec(`${numbers} INSERT INTO audit (seq, at, command, line)
        SELECT numbers.n, at, ${id('numbers.n')}, json_set(line, '$.seq', numbers.n, '$.command', ${id('numbers.n')})
        FROM numbers, audit WHERE audit.seq = 1`, ...range)
      sql.exec(`${numbers} INSERT INTO commands (id, person, created, operation, thing, state, deadline, record)
        SELECT ${id('numbers.n')}, 'standard:T1/U' || numbers.n % 1000, created, operation, thing, 'Succeeded', deadline,
               json_set(record, '$.id', ${id('numbers.n')}, '$.state', 'Succeeded')
        FROM numbers, commands WHERE commands.n = 1 AND numbers.n % 4 = 0`, ...range)
    })
  }

  age(sql, by) {
    sql.exec('UPDATE audit SET at = at - ?', by)
    sql.exec('UPDATE commands SET created = created - ?', by)
  }

  alarm() {}
}

export default {
  fetch: (request, env) => env.LEDGER.getByName('default').fetch(request),
}
