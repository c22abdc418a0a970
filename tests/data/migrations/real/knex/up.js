// Runs what is pending, with Knex, in the database of PGHOST and PGDATABASE: node up.js FOLDER
const knex = require('knex')({
  client: 'pg',
  connection: { host: process.env.PGHOST, database: process.env.PGDATABASE, user: process.env.PGUSER },
  migrations: { directory: process.argv[2] },
})
knex.migrate.latest().finally(() => knex.destroy()).catch(failed)

function failed(error) {
  console.error(error.message)
  process.exitCode = 1
}
