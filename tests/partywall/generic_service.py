"""A small multi-tenant ASGI service that describes itself, with leaks to switch on and several ways to log in."""

from __future__ import annotations

import base64
import itertools
import secrets
import urllib.parse
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS = {"ada": "ada-password-1", "noor": "noor-password-2", "eve": "eve-password-3"}
TENANTS = """
[[tenant]]
name = "ada"
account = "ada"
credentials = [{kind = "basic", username = "ada", password = {env = "ADA"}}]
[[tenant]]
name = "noor"
account = "noor"
[[tenant.credentials]]
kind = "form"
url = "/login"
fields = {username = "noor", password = "noor-password-2"}
csrf = "csrf_token"
[[tenant]]
name = "eve"
[[tenant.credentials]]
kind = "oauth2"
token-url = "/token"
grant = "client-credentials"
client-id = "eve"
client-secret = "eve-password-3"
"""
"""Settings that log them in, each in a way of its own."""


class Box(BaseModel):
    """What a tenant keeps notes in."""

    title: str = Field(max_length=80)
    reference: str | None = Field(default=None, max_length=40)


class Note(BaseModel):
    """A note in a box."""

    text: str = Field(max_length=400)
    reference: str | None = Field(default=None, max_length=40)


class SignUp(BaseModel):
    """A new user."""

    username: str
    password: str


class Made(BaseModel):
    """A box."""

    id: str
    title: str
    reference: str | None = None


class MadeNote(BaseModel):
    """A note."""

    id: int
    box: str
    text: str
    reference: str | None = None


def application(leak: str = "", *, lifetime: int = 3600, limit: int = 0, numbered: bool = False) -> FastAPI:
    """The service.

    Args:
        leak: "" or "read", "list", "delete", "delete-note", "nested", "change", "cache", "header", "cookie",
            "parameter", "again", "count", "further", "reference", "filter", "make-for".
        lifetime: of tokens, in uses.
        limit: every so-manieth request is put off with 429; 0 for none.
        numbered: each box numbers its notes from 1 on.
    """
    app = FastAPI(title="Boxes")
    users = dict(USERS)
    boxes: dict[str, dict[str, Any]] = {}
    notes: dict[tuple[str, int], dict[str, Any]] = {}
    ids: dict[str, Iterator[int]] = defaultdict(partial(itertools.count, 1 if numbered else 1000))
    tokens: dict[str, list[Any]] = {}
    sessions: dict[str, str] = {}
    keys = {f"key-of-{user}-{password}": user for user, password in users.items()}
    cached: dict[str, Any] = {}
    made: dict[tuple[str, str | None], dict[str, Any]] = {}
    count = itertools.count(1)
    app.state.users, app.state.boxes, app.state.notes = users, boxes, notes

    @app.middleware("http")
    async def put_off(request: Request, go_on: Any) -> Response:
        if limit and next(count) % limit == 0:
            return JSONResponse({"detail": "later"}, 429, {"Retry-After": "0"})
        answer: Response = await go_on(request)
        return answer

    def who(request: Request) -> str:
        user = proven(request)
        claims = {
            "header": request.headers.get("x-account-id"),
            "cookie": request.cookies.get("account"),
            "parameter": request.query_params.get("tenant_id"),
        }
        return claims.get(leak) or user

    def proven(request: Request) -> str:
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and said in tokens:
            tokens[said][1] -= 1
            if tokens[said][1] >= 0:
                return str(tokens[said][0])
        if scheme == "Bearer" and said in keys:
            return keys[said]
        if scheme == "Basic":
            user, _, password = base64.b64decode(said).decode().partition(":")
            if users.get(user) == password:
                return user
        key = request.headers.get("x-api-key") or request.query_params.get("api_key")
        if key in keys:
            return keys[key]
        if (kept := request.cookies.get("kept")) in keys and request.headers.get("x-shop") == keys[kept]:
            return keys[kept]
        if request.cookies.get("session") in sessions:
            return sessions[request.cookies["session"]]
        raise HTTPException(401, "who?")

    api = APIRouter(dependencies=[Depends(who)])

    def box_of(id_: str, user: str, *, open_: bool = False) -> dict[str, Any]:
        called = [box for box in boxes.values() if box["reference"] == id_]
        box = boxes.get(id_) or next((box for box in called if box["owner"] == user), None)
        if leak == "reference" and called:
            return box or called[0]
        if box is None or (box["owner"] != user and not open_):
            raise HTTPException(404, f"none of {len(boxes)} boxes" if leak == "count" else "no such box")
        return box

    @api.post("/boxes", status_code=201, response_model=Made)
    def make_box(
        request: Request, box: Box, user: str = Depends(who), idempotency_key: str | None = Header(None)
    ) -> Any:
        if leak == "make-for":
            user = request.headers.get("x-account-id") or user
        asked = (user, idempotency_key)
        if idempotency_key and asked in made and leak != "again":
            return made[asked]
        id_ = secrets.token_hex(8)
        made[asked] = boxes[id_] = {"id": id_, "owner": user, **box.model_dump()}
        cached.clear()
        return boxes[id_]

    @api.get("/boxes", response_model=list[Made])
    def list_boxes(response: Response, user: str = Depends(who), owner: str | None = None) -> Any:
        if leak == "filter":
            user = owner or user
        if leak == "cache" and "boxes" in cached:
            return cached["boxes"]
        mine = [dict(box) for box in boxes.values() if box["owner"] == user or leak == "list"]
        mine = [box for box in mine if owner in (None, box["owner"])]
        cached["boxes"] = mine
        if leak == "further" and any(box["owner"] != user for box in boxes.values()):
            response.headers["Link"] = '</boxes?page=2>; rel="next"'
        return mine

    @api.get("/boxes/{box_id}", response_model=Made)
    def show_box(box_id: str, user: str = Depends(who)) -> Any:
        return box_of(box_id, user, open_=leak == "read")

    @api.put("/boxes/{box_id}", response_model=Made)
    def change_box(box_id: str, box: Box, user: str = Depends(who)) -> Any:
        found = box_of(box_id, user, open_=leak == "change")
        found |= box.model_dump()
        return {"id": found["id"], **box.model_dump()}

    @api.delete("/boxes/{box_id}", status_code=204)
    def delete_box(box_id: str, user: str = Depends(who)) -> None:
        box_of(box_id, user, open_=leak == "delete")
        boxes.pop(box_id, None)

    @api.post("/boxes/{box_id}/notes", status_code=201, response_model=MadeNote)
    def make_note(box_id: str, note: Note, user: str = Depends(who)) -> Any:
        box_of(box_id, user)
        id_ = next(ids[box_id if numbered else ""])
        notes[box_id, id_] = {"id": id_, "box": box_id, "owner": user, **note.model_dump()}
        return notes[box_id, id_]

    @api.get("/boxes/{box_id}/notes", response_model=list[MadeNote])
    def list_notes(box_id: str, user: str = Depends(who)) -> Any:
        box_of(box_id, user)
        return [note for note in notes.values() if note["box"] == box_id]

    @api.get("/boxes/{box_id}/notes/{note_id}", response_model=MadeNote)
    def show_note(box_id: str, note_id: int, user: str = Depends(who)) -> Any:
        box_of(box_id, user)  # the box is checked; with the leak, not whether the note is in it
        same = (note for (box, id_), note in notes.items() if id_ == note_id and (box == box_id or leak == "nested"))
        if (note := next(same, None)) is None:
            raise HTTPException(404, "no such note")
        return note

    @api.delete("/boxes/{box_id}/notes/{note_id}", status_code=204)
    def delete_note(box_id: str, note_id: int, user: str = Depends(who)) -> None:
        box_of(box_id, user, open_=leak == "delete-note")
        if notes.pop((box_id, note_id), None) is None:
            raise HTTPException(404, "no such note")

    @api.put("/me/password", status_code=204)
    def change_password(user: str = Depends(who)) -> None:
        users[user] = secrets.token_hex(8)

    @api.post("/admin/reset", status_code=204)
    def reset() -> None:
        boxes.clear()

    @app.get("/version")
    def version() -> dict[str, str]:
        return {"version": "1"}

    @app.post("/signup", status_code=201)
    def sign_up(new: SignUp) -> dict[str, str]:
        users[new.username] = new.password
        return {"username": new.username}

    @app.post("/token")
    async def token(request: Request) -> Any:
        form = await fields(request)
        user, password = form.get("username"), form.get("password")
        if form.get("grant_type") == "client_credentials":
            scheme, _, said = request.headers.get("authorization", "").partition(" ")
            user, _, password = base64.b64decode(said).decode().partition(":") if scheme == "Basic" else ("", "", "")
        if users.get(str(user)) != password:
            return JSONResponse({"error": "invalid_grant"}, 400)
        fresh = secrets.token_hex(16)
        tokens[fresh] = [user, lifetime]
        return {"access_token": fresh, "token_type": "bearer", "expires_in": 3600}

    @app.get("/login", response_class=HTMLResponse, include_in_schema=False)
    def form() -> str:
        return '<form method="post" action="/login"><input type="hidden" name="csrf_token" value="tok-1"></form>'

    @app.post("/login", include_in_schema=False)
    async def log_in(request: Request) -> Response:
        said = await fields(request)
        if said.get("csrf_token") != "tok-1" or users.get(said.get("username", "")) != said.get("password"):
            return Response(status_code=403)
        fresh = secrets.token_hex(16)
        sessions[fresh] = said["username"]
        answer = Response(status_code=303, headers={"Location": "/version"})
        answer.set_cookie("session", fresh, httponly=True)
        return answer

    app.include_router(api)
    return _described(app)


async def fields(request: Request) -> dict[str, str]:
    """The fields of a form."""
    return dict(urllib.parse.parse_qsl((await request.body()).decode()))


def _described(app: FastAPI) -> FastAPI:
    """With a security scheme: routes that depend on a plain function don't declare one."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        for path, item in document["paths"].items():
            if path.startswith(("/boxes", "/me", "/admin")):
                for operation in item.values():
                    operation["security"] = [{"bearer": []}]
        return document

    app.openapi = openapi  # type: ignore[method-assign]
    return app


app = application()
