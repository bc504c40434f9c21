"""``partywall run`` from a description, in a folder of its own, over a small service with leaks to switch on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.partywall.generic_service import TENANTS, USERS

ROOT = Path(__file__).parents[3]
APP = """
import os
from tests.partywall.generic_service import application
app = application(os.environ.get("LEAK", ""), numbered=bool(os.environ.get("NUMBERED")))
"""


def run(folder: Path, *arguments: str, leak: str = "", numbered: str = "") -> subprocess.CompletedProcess[str]:
    (folder / "boxes.py").write_text(APP)
    (folder / "tenants.toml").write_text(TENANTS)
    return subprocess.run(
        [sys.executable, "-m", "partywall", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "LEAK": leak,
            "NUMBERED": numbered,
            "ADA": USERS["ada"],
            "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))),
        },
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "partywall-report" / "report.json").read_text())
    return found


BOXES = ("--app", "boxes:app", "--tenants", "tenants.toml")


@pytest.mark.parametrize("numbered", ["", "1"])
def test_held(tmp_path: Path, numbered: str) -> None:
    """A sound service is held, every operation proven or left out with its reason, and no secret is in any file; also
    where each box has a note 1 and a note 2."""
    done = run(tmp_path, "run", *BOXES, numbered=numbered)
    assert done.returncode == 0, done.stdout + done.stderr
    records = map(json.loads, (tmp_path / "partywall-report" / "history.ndjson").read_text().splitlines())
    claims = [each for each in records if "foreign-header" in each.get("provocations", ())]
    assert {each["session"] for each in claims} == {"A/0", "B/0"}
    assert {each["status"] for each in claims} - {201, 204} == {200, 404}, (
        "a claim keeps its sender from proving itself"
    )
    assert report(tmp_path)["names"] == {"A": "ada", "B": "noor", "control": "eve"}
    left_out = {cell["operation"] for cell in report(tmp_path)["grid"] if cell["cause"] == "excluded"}
    assert {"change_password_me_password_put", "reset_admin_reset_post"} <= left_out
    for path in (tmp_path / "partywall-report").rglob("*"):
        assert path.is_dir() or not any(secret in path.read_text(errors="replace") for secret in USERS.values()), path


@pytest.mark.parametrize(
    ("leak", "test", "operation", "property_"),
    [
        ("read", "foreign", "show_box_boxes__box_id__get", "ownership"),
        ("list", "own_world", "list_boxes_boxes_get", "ownership"),
        ("cache", "warm", "list_boxes_boxes_get", "ownership"),
        ("nested", "foreign", "show_note_boxes__box_id__notes__note_id__get", "ownership"),
        ("nested numbered", "foreign", "show_note_boxes__box_id__notes__note_id__get", "ownership"),
        ("header", "tenant_source", "list_boxes_boxes_get", "ownership"),
        ("cookie", "tenant_source", "list_boxes_boxes_get", "ownership"),
        ("parameter", "tenant_source", "list_boxes_boxes_get", "ownership"),
        ("filter", "tenant_source", "list_boxes_boxes_get", "ownership"),
        ("make-for", "tenant_source", "list_boxes_boxes_get", "ownership"),
        ("again", "exactly_once", "make_box_boxes_post", "exactly-once"),
        ("reference", "foreign", "show_box_boxes__box_id__get", "ownership"),
        ("count", "noninterference", "show_box_boxes__box_id__get", "noninterference"),
        ("further", "noninterference", "list_boxes_boxes_get", "noninterference"),
        ("change", "integrity", "change_box_boxes__box_id__put", "integrity"),
        ("delete", "foreign", "delete_box_boxes__box_id__delete", "integrity"),
    ],
)
def test_leaks_found(tmp_path: Path, leak: str, test: str, operation: str, property_: str) -> None:
    """Each leak is found, in the operation that has it."""
    leak, _, numbered = leak.partition(" ")
    done = run(tmp_path, "run", *BOXES, "--replays", "0", "-k", test, leak=leak, numbered=numbered)
    assert done.returncode == 1, done.stdout + done.stderr
    found = {(each["operation"], each["property"]) for each in report(tmp_path)["findings"]}
    assert (operation, property_) in found or (leak == "delete" and found)


def test_plan_and_usage(tmp_path: Path) -> None:
    """The plan is a table; what is wrong in the settings is one sentence and exit status 2."""
    (tmp_path / "api.json").write_text((ROOT / "docs" / "openapi.json").read_text())
    done = run(tmp_path, "plan", "--openapi", "api.json")
    assert done.returncode == 0
    assert "DELETE /orders/{orderIdentifiers}" in done.stdout
    (tmp_path / "partywall.toml").write_text('openapi = "api.json"\nbase_url = "x"\n')
    done = run(tmp_path, "run")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "came 'base_url'" in done.stderr


def test_read_only(tmp_path: Path) -> None:
    """On a read-only target nothing is written, and so nothing is proven: inconclusive, and no finding."""
    done = run(tmp_path, "run", *BOXES, "--read-only", "-k", "own_world")
    assert done.returncode == 3, done.stdout + done.stderr
    history = (tmp_path / "partywall-report" / "history.ndjson").read_text().splitlines()
    methods = {record["method"] for record in map(json.loads, history) if record["record"] == "exchange"}
    assert methods == {"GET"}
    assert "no request was found for show_box_boxes__box_id__get: nothing was made of the box" in done.stdout
    assert report(tmp_path)["findings"] == []


def test_sign_up(tmp_path: Path) -> None:
    """Tenants that the service's own sign-up makes are as good as listed ones: the leak is found among them."""
    (tmp_path / "partywall.toml").write_text(
        """
openapi = "/openapi.json"
app = "boxes:app"

[sign-up]
operation = "POST /signup"
body = {username = "{user}", password = "{password}"}
credentials = [{kind = "basic", username = "{user}", password = "{password}"}]
"""
    )
    done = run(tmp_path, "run", "--replays", "0", "-k", "own_world", leak="list")
    assert done.returncode == 1, done.stdout + done.stderr
    assert {each["operation"] for each in report(tmp_path)["findings"]} == {"list_boxes_boxes_get"}
