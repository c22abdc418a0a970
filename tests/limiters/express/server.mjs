// A path for each mode of express-rate-limit, ten requests in WINDOW_MS for each key.
import express from "express";
import { rateLimit } from "express-rate-limit";

const modes = {
  "draft-6": { standardHeaders: "draft-6", legacyHeaders: false },
  "draft-7": { standardHeaders: "draft-7", legacyHeaders: false },
  "draft-8": { standardHeaders: "draft-8", legacyHeaders: false },
  legacy: { standardHeaders: false, legacyHeaders: true },
};
const app = express();
for (const [mode, headers] of Object.entries(modes)) {
  const limited = rateLimit({
    windowMs: Number(process.env.WINDOW_MS),
    limit: 10,
    keyGenerator: (request) => request.get("X-API-Key") ?? "nobody",
    ...headers,
  });
  app.get(`/${mode}`, limited, (request, response) => response.json({ served: true }));
}
app.listen(Number(process.env.PORT), "127.0.0.1");
