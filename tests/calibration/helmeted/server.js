// An Express application with Helmet as it comes, on loopback: a page, JSON, an error and a redirect.
const express = require("express");
const helmet = require("helmet");

const app = express();
app.use(helmet());
app.get("/", (request, response) => response.type("html").send("<!doctype html><title>Hello</title><p>Hello"));
app.get("/api", (request, response) => response.json({ ok: true }));
app.get("/old", (request, response) => response.redirect(301, "/"));
app.listen(Number(process.argv[2]), "127.0.0.1");
