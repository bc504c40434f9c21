"""``partywall init`` in an empty folder, and what a user does next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.partywall.generic.test_generic_run import run

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = ("--app", "boxes:app", "--tenants", "tenants.toml")


def test_a_gate_from_nothing(tmp_path: Path) -> None:
    """The files that it writes are a suite that finds a leak, under the command and under plain pytest."""
    written = run(tmp_path, "init", *OPTIONS)
    assert written.returncode == 0, written.stderr
    assert "written  isolation_tests/test_any_api.py\n" in written.stdout
    assert "next: the tenants' credentials in tenants.toml and in the workflow" in written.stdout
    done = run(tmp_path, "run", "isolation_tests", "-k", "foreign or own_world", leak="read")
    assert done.returncode == 1, done.stdout + done.stderr
    (folder,) = [path for path in (tmp_path / "reports" / "runs").iterdir() if not path.is_symlink()]
    found = json.loads((folder / "report.json").read_text())
    assert {each["operation"] for each in found["findings"]} == {"show_box_boxes__box_id__get"}


def test_nothing_is_lost(tmp_path: Path) -> None:
    """Files that are there are kept, and a second time changes nothing."""
    (tmp_path / "conftest.py").write_text("# mine\n")
    assert "kept     conftest.py\n" in run(tmp_path, "init").stdout
    assert (tmp_path / "conftest.py").read_text() == "# mine\n"
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert "written" not in run(tmp_path, "init", "--openapi", "other.json").stdout
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_without_tenants_two_are_proposed(tmp_path: Path) -> None:
    """Their credentials come from the environment, and without them the run says which is missing."""
    assert run(tmp_path, "init", "--app", "boxes:app").returncode == 0
    done = run(tmp_path, "run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "FIRST_TOKEN" in done.stderr


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A file where a folder has to be is named."""
    (tmp_path / "reports").write_text("")
    done = run(tmp_path, "init")
    assert done.returncode == 2
    assert done.stderr.startswith("partywall: reports/.gitignore can't be written: ")
