"""``partywall explore``, in a folder of its own, over small applications."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "reports" / "explore.schema.json").read_text())
APP = """
import asyncio, os, uuid
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

app = FastAPI()
SHOPS = {"ada-secret-key": "ada", "noor-secret-key": "noor"}
orders: dict[str, dict] = {}
asking = {"shop": ""}

class NewOrder(BaseModel):
    recipient: str

class Order(NewOrder):
    id: str

def shop(x_api_key: str = Header("")) -> str:
    if x_api_key not in SHOPS:
        raise HTTPException(401)
    return SHOPS[x_api_key]

@app.post("/orders", status_code=201)
async def make(new: NewOrder, shop: str = Depends(shop)) -> Order:
    order = {"id": str(uuid.uuid4()), "recipient": new.recipient, "shop": shop}
    orders[order["id"]] = order
    return order

@app.get("/orders")
async def listing(shop: str = Depends(shop)) -> list[Order]:
    asking["shop"] = shop
    await asyncio.sleep(0.001)
    of = asking["shop"] if os.environ.get("LEAK") else shop
    return [order for order in orders.values() if order["shop"] == of]
"""
TENANTS = """
[[tenant]]
name = "ada"
credentials = [{kind = "api-key", name = "X-Api-Key", value = {env = "KEY_OF_ADA"}}]
[[tenant]]
name = "noor"
credentials = [{kind = "api-key", name = "X-Api-Key", value = "noor-secret-key"}]
"""


def python(folder: Path, *arguments: str, leak: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LEAK": leak, "KEY_OF_ADA": "ada-secret-key", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=3_000,
        check=False,
    )


def explore(folder: Path, *arguments: str, app: str = APP, leak: str = "") -> subprocess.CompletedProcess[str]:
    (folder / "shop.py").write_text(app)
    (folder / "tenants.toml").write_text(TENANTS)
    words = ("--app", "shop:app", "--tenants", "tenants.toml", "--seed", "1", "--schedules", "400", "--seconds", "2400")
    return python(folder, "partywall", "explore", *words, *arguments, leak=leak)


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "partywall-report" / "explore.json").read_text())
    jsonschema.validate(found, SCHEMA)
    return found


def test_race_is_found_and_its_test_fails_until_mended(tmp_path: Path) -> None:
    """A race is found, told and written out: the test fails for it, passes once it is mended, and no file has a
    credential in it."""
    done = explore(tmp_path, leak="1")
    assert done.returncode == 1, done.stderr
    found = report(tmp_path)
    assert (found["verdict"], found["guarantee"]) == ("violated", None)
    finding = next(each for each in found["findings"] if each["kind"] == "content")
    assert finding["operation"] == "listing_orders_get"
    assert {finding["owner"], finding["viewer"]} == {"ada", "noor"}
    assert (finding["requests"], finding["preemptions"], finding["feasible"]) == (2, 1, True)
    assert finding["schedule"] in done.stdout
    assert "feasible on a stock loop" in done.stdout
    test = f"partywall-report/{finding['test']}"
    assert test in done.stdout
    for file in (tmp_path / "partywall-report").iterdir():
        assert "secret-key" not in file.read_text() + done.stdout + done.stderr, file
    pytest_ = ("pytest", "-q", "-p", "no:cacheprovider", test)
    failed = python(tmp_path, *pytest_, leak="1")
    assert failed.returncode == 1, failed.stdout
    assert "Violation: listing_orders_get: body shows" in failed.stdout
    assert "secret-key" not in failed.stdout
    passed = python(tmp_path, *pytest_)
    assert passed.returncode == 0, passed.stdout


def test_correct_application_gets_a_guarantee(tmp_path: Path) -> None:
    """Without the race all pairs hold, though the budget ends what is drawn by chance, and that is told."""
    (tmp_path / "partywall-report").mkdir()
    (tmp_path / "partywall-report" / "test_0123456789ab.py").write_text("assert False, 'of an earlier run'")
    done = explore(tmp_path)
    assert done.returncode == 0, (done.stdout, done.stderr)
    found = report(tmp_path)
    assert found["operations"] == ["make_orders_post", "listing_orders_get"]
    assert found["guarantee"]["pairs"] == 3
    assert f"guarantee: {found['guarantee']['text']}" in done.stdout
    assert found["limits"] == ["portfolio: the budget of 400 schedules was spent before its end"]
    assert [file.name for file in (tmp_path / "partywall-report").iterdir()] == ["explore.json"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--app", "no_such_module:app"), "'no_such_module:app' can't be imported"),
        (("--openapi", "broken.json"), "broken.json"),
        (("--tenants", "nobody.toml"), "nobody.toml"),
        (("--schedules", "0"), "expected a whole number from 1"),
    ],
)
def test_what_can_be_mended_is_told_in_one_line(arguments: tuple[str, ...], words: str, tmp_path: Path) -> None:
    """An unknown application, a broken description, missing tenants: usage, with one line."""
    (tmp_path / "broken.json").write_text('{"openapi": "3.1.0", "paths": ')
    done = explore(tmp_path, *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("app", "words"),
    [
        (
            APP.replace("await asyncio.sleep(0.001)", "await asyncio.to_thread(connect)")
            + "\n\ndef connect():\n    import socket\n    socket.socket().connect_ex(('127.0.0.1', 9))\n",
            "not controlled: a socket, at shop.py:",
        ),
        (
            APP.replace("str(uuid.uuid4())", "later()")
            + "\n\ndef later():\n    with open('made', 'a+') as made:\n        made.write('x')\n"
            "        return f'order-{made.tell():06}'\n",
            "expected every instance of the application to begin with nothing",
        ),
    ],
    ids=["socket", "file"],
)
def test_what_can_not_be_explored_is_inconclusive(app: str, words: str, tmp_path: Path) -> None:
    """An application that opens a socket, or keeps state from instance to instance, proves nothing, and is told why."""
    done = explore(tmp_path, app=app)
    assert done.returncode == 3, (done.stdout, done.stderr)
    assert words in done.stderr + done.stdout


def test_missing_operation_is_not_held(tmp_path: Path) -> None:
    """An operation for which no request succeeds is no part of a guarantee, and keeps the rest from being held."""
    app = (
        APP
        + '\n\n@app.get("/later")\nasync def later(shop: str = Depends(shop)) -> None:\n    raise HTTPException(409)\n'
    )
    done = explore(tmp_path, app=app)
    assert done.returncode == 3, (done.stdout, done.stderr)
    found = report(tmp_path)
    assert [each["operation"] for each in found["missing"]] == ["later_later_get"]
    assert "later_later_get" not in found["operations"]
    assert found["guarantee"]["pairs"] == 3


THREADS = APP[: APP.index('@app.get("/orders")')] + (
    "import threading\nlock = threading.Lock()\n\n"
    '@app.get("/orders")\n'
    "def listing(shop: str = Depends(shop)) -> list[Order]:\n"
    "    with lock:\n"
    '        asking["shop"] = shop\n'
    '        return [order for order in orders.values() if order["shop"] == asking["shop"]]\n'
)


def test_race_between_lines_of_threads_is_found(tmp_path: Path) -> None:
    """Two requests whose synchronous endpoint shares a variable are preempted between its lines; a factory will do."""
    app = THREADS.replace("with lock:", "if lock:") + "\ndef make_app():\n    orders.clear()\n    return app\n"
    done = explore(tmp_path, "--app", "shop:make_app", app=app)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert {each["operation"] for each in report(tmp_path)["findings"]} == {"listing_orders_get"}


def test_locks_held_across_lines_are_no_race(tmp_path: Path) -> None:
    """Under a lock the same lines are held; that nobody else could run between them is told."""
    done = explore(tmp_path, "--schedules", "700", app=THREADS)
    assert done.returncode == 0, (done.stdout, done.stderr)
    found = report(tmp_path)
    assert found["guarantee"]["pairs"] == 3
    assert found["limits"][0].startswith("other threads between the lines of one, for at shop.py:")
