// Where the database is stands in PGHOST, PGDATABASE and so on, or whole in DATABASE_URL.
module.exports = {
  client: "pg",
  connection: process.env.DATABASE_URL || {},
  migrations: { directory: `${__dirname}/node_modules/@backstage/plugin-catalog-backend/migrations` },
};
