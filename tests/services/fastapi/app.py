"""A FastAPI application as its tutorial leaves it: bearer tokens, validation, and nothing about headers."""

import os
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import RedirectResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

READER, WRITER = os.environ["PRACTICE_READER"], os.environ["PRACTICE_WRITER"]
ITEMS = [{"id": 1, "name": "first"}, {"id": 2, "name": "second"}]

app = FastAPI(title="Practice", version="1.4.0")
bearer = HTTPBearer()
Credentials = Annotated[HTTPAuthorizationCredentials, Depends(bearer)]


class Item(BaseModel):
    name: str


def reader(credentials: Credentials) -> str:
    if credentials.credentials not in (READER, WRITER):
        raise HTTPException(401, "invalid token", {"WWW-Authenticate": "Bearer"})
    return credentials.credentials


def writer(token: Annotated[str, Depends(reader)]) -> None:
    if token != WRITER:
        raise HTTPException(403, "may not write")


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok", "version": app.version}


@app.get("/items", dependencies=[Depends(reader)])
def items() -> list[dict[str, object]]:
    return ITEMS


@app.get("/items/{number}", dependencies=[Depends(reader)])
def item(number: int) -> dict[str, object]:
    found = next((one for one in ITEMS if one["id"] == number), None)
    if found is None:
        raise HTTPException(404, "no such item")
    return found


@app.post("/items", status_code=201, dependencies=[Depends(writer)])
def add(item: Item) -> dict[str, object]:
    return {"id": len(ITEMS) + 1, "name": item.name}


@app.get("/old")
def old() -> RedirectResponse:
    return RedirectResponse("/health", 307)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
