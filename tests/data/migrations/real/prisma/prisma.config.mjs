// Prisma's schema engine as WebAssembly over the driver for node, because its binary comes from no package registry.
import pg from 'pg'
import { PrismaPg } from '@prisma/adapter-pg'

const NAME = 19
const TEXT = 25

// a timer of the engine that nothing waits for would keep the process for ten seconds after its work
const later = globalThis.setTimeout
globalThis.setTimeout = (call, ms, ...given) => {
  const timer = later(call, ms, ...given)
  return ms >= 10_000 ? timer.unref() : timer
}

class Pool extends pg.Pool {
  // the engine asks for columns of type name, which this version of the adapter does not know
  async query(...given) {
    const answer = await super.query(...given)
    for (const each of [answer].flat()) {
      for (const field of each.fields ?? []) {
        if (field.dataTypeID === NAME) field.dataTypeID = TEXT
      }
    }
    return answer
  }
}

const place = { host: process.env.PGHOST, database: process.env.PGDATABASE, user: process.env.PGUSER }

export default {
  engine: 'js',
  experimental: { adapter: true },
  schema: 'schema.prisma',
  migrations: { path: process.env.FOLDER },
  adapter: async () => new PrismaPg(new Pool({ ...place, idleTimeoutMillis: 500 })),
}
