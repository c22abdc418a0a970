// A receiver in Express: a time and the raw body are signed together, as Stripe signs them.
const crypto = require("node:crypto");
const express = require("express");
const metrics = require("prom-client");

const secret = process.env.WEBHOOK_SECRET.trim(); // a file's last newline is no part of a secret
const failures = new metrics.Counter({
  name: "webhook_signature_failures_total",
  help: "Messages whose signature was not right.",
});
const handled = []; // in place of your table of messages, unique by the message's id
const app = express();

function isSigned(body, header) {
  const parts = header.split(",").map((part) => part.trim().split("="));
  const stamp = parts.find(([name]) => name === "t")?.[1] ?? "";
  if (!/^\d{1,12}$/.test(stamp) || Math.abs(Date.now() / 1000 - Number(stamp)) > 300) return false;
  const expected = crypto.createHmac("sha256", secret).update(`${stamp}.`).update(body).digest();
  return parts
    .filter(([name, text]) => name === "v1" && /^[0-9a-f]{64}$/.test(text ?? ""))
    .some(([, text]) => crypto.timingSafeEqual(expected, Buffer.from(text, "hex"))); // which throws unless as long
}

// The raw body of this path alone; express.json() before it would leave nothing to verify.
app.post("/hook", express.raw({ type: "*/*", limit: "64kb" }), (request, response) => {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (!isSigned(body, request.get("Stripe-Signature") ?? "")) {
    failures.inc();
    return response.status(401).json({ error: "bad signature" });
  }
  const { id } = JSON.parse(body);
  if (!handled.includes(id)) handled.push(id); // a sender that saw no answer sends again
  response.status(204).end();
});

// How often a message was acted upon, for whoever verifies this receiver.
app.get("/handled", (request, response) => {
  response.json({ times: handled.filter((id) => id === request.query.id).length });
});
app.get("/metrics", async (request, response) => {
  response.type(metrics.register.contentType).send(await metrics.register.metrics());
});
app.use((error, request, response, next) => response.status(error.status ?? 500).json({ error: "unreadable" }));
app.listen(Number(process.env.PORT ?? 8000), "127.0.0.1");
