// Runs what is pending in the database of PGHOST and PGDATABASE: node up.js TOOL FOLDER
const fs = require('node:fs')
const path = require('node:path')
const { Pool } = require('pg')

const [tool, folder] = process.argv.slice(2)
const place = { host: process.env.PGHOST, database: process.env.PGDATABASE, user: process.env.PGUSER }

const tools = {
  async drizzle() {
    const { drizzle } = require('drizzle-orm/node-postgres')
    const { migrate } = require('drizzle-orm/node-postgres/migrator')
    const pool = new Pool(place)
    await migrate(drizzle(pool), { migrationsFolder: folder }).finally(() => pool.end())
  },

  async sequelize() {
    const { Sequelize } = require('sequelize')
    const { SequelizeStorage, Umzug } = require('umzug')
    const sequelize = new Sequelize(place.database, place.user, '', { dialect: 'postgres', host: place.host, logging: false })
    const migrator = new Umzug({
      migrations: { glob: path.join(folder, '*.js') },
      context: sequelize.getQueryInterface(),
      storage: new SequelizeStorage({ sequelize }),
    })
    await migrator.up().finally(() => sequelize.close())
  },

  async typeorm() {
    const { DataSource } = require('typeorm')
    const source = new DataSource({ type: 'postgres', ...place, username: place.user, migrations: [path.join(folder, '*.js')] })
    await source.initialize()
    await source.runMigrations({ transaction: 'each' }).finally(() => source.destroy())
  },

  async 'node-pg-migrate'() {
    const { runner } = await import(require.resolve('node-pg-migrate'))
    const quiet = { info() {}, warn() {}, error() {} }
    await runner({ databaseUrl: place, dir: folder, direction: 'up', migrationsTable: 'pgmigrations', logger: quiet })
  },
}

tools[tool]().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
