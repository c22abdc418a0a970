// Express with Helmet as its documentation begins: app.use(helmet()), and nothing else about security.
const express = require("express");
const helmet = require("helmet");

const KEY = process.env.PRACTICE_KEY;
const app = express();
app.use(helmet());
app.use(express.json({ limit: "16kb" }));

const known = (request, response, next) =>
  request.get("authorization") === `Bearer ${KEY}`
    ? next()
    : response.set("WWW-Authenticate", "Bearer").status(401).json({ error: "unauthorized" });

app.get("/health", (request, response) => response.json({ status: "ok" }));
app.get("/", (request, response) => response.type("html").send("<!doctype html><title>Practice</title><p>Hello</p>"));
app.get("/notes", known, (request, response) => response.set("Cache-Control", "no-store").json({ notes: [{ id: 1, text: "first" }] }));
app.get("/old", (request, response) => response.redirect(308, "/"));
app.use((request, response) => response.status(404).json({ error: "not found" }));
app.use((error, request, response, next) => response.status(error.status || 500).json({ error: "bad request" }));

app.listen(Number(process.env.PORT), "127.0.0.1");
