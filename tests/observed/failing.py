"""A small application as teams write them: FastAPI, and its errors by Sentry's own client as it is set by default."""

import logging
import os

import sentry_sdk
import uvicorn
from fastapi import FastAPI, Request

sentry_sdk.init(dsn=os.environ["DSN"])
app = FastAPI()


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/orders")
def orders(request: Request):
    match request.headers.get("X-Fail"):
        case "value":
            raise ValueError(f"order {os.urandom(4).hex()} is odd")
        case "key":
            return {}["nothing"]
    return []


logging.disable(logging.CRITICAL)
uvicorn.run(app, port=int(os.environ["PORT"]), access_log=False, log_config=None)
