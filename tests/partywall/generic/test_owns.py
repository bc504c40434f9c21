"""APIs whose paths begin with what a tenant has had from the start: an organisation, a project, an account."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
APP = """
import itertools
import os

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

app = FastAPI()
members = {"Bearer key-of-ada": "acme", "Bearer key-of-noor": "globex"}
projects = {}
ids = itertools.count(7_000)


class Project(BaseModel):
    title: str


class Made(Project):
    id: int


def member(org_id: str, authorization: str = Header("")):
    if members.get(authorization) != org_id and not (os.environ.get("LEAK") and authorization in members):
        raise HTTPException(404, "no such organisation")


@app.get("/orgs/{org_id}", operation_id="show_org", dependencies=[Depends(member)])
def show_org(org_id: str):
    return {"org": org_id, "plan": "small"}


@app.get("/orgs/{org_id}/projects", operation_id="list_projects", dependencies=[Depends(member)])
def list_projects(org_id: str):
    return [project for owner, project in projects.values() if owner == org_id]


@app.post("/orgs/{org_id}/projects", operation_id="make_project", status_code=201, dependencies=[Depends(member)])
def make_project(org_id: str, new: Project) -> Made:
    made = Made(id=next(ids), title=new.title)
    projects[made.id] = (org_id, made)
    return made


@app.get("/orgs/{org_id}/projects/{project_id}", operation_id="show_project", dependencies=[Depends(member)])
def show_project(org_id: str, project_id: int) -> Made:
    owner, project = projects.get(project_id, ("", None))
    if owner != org_id:
        raise HTTPException(404, "no such project")
    return project


@app.delete("/orgs/{org_id}", operation_id="remove_org", status_code=204, dependencies=[Depends(member)])
def remove_org(org_id: str):
    raise SystemExit("an organisation was removed")
"""
TENANTS = """
[[tenant]]
name = "ada"
owns = {org = "acme"}
credentials = [{kind = "bearer", token = "key-of-ada"}]
[[tenant]]
name = "noor"
owns = {KIND = [{env = "NOORS"}]}
credentials = [{kind = "bearer", token = "key-of-noor"}]
"""


def run(folder: Path, *arguments: str, leak: str = "", kind: str = "org") -> subprocess.CompletedProcess[str]:
    (folder / "orgs.py").write_text(APP)
    (folder / "tenants.toml").write_text(TENANTS.replace("KIND", kind))
    words = ["run", "--app", "orgs:app", "--tenants", "tenants.toml", "--replays", "0", *arguments]
    return subprocess.run(
        [sys.executable, "-m", "partywall", *words],
        cwd=folder,
        env={**os.environ, "LEAK": leak, "NOORS": "globex", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.mark.parametrize("leak", ["", "yes"])
def test_each_works_in_its_own(tmp_path: Path, leak: str) -> None:
    """Each tenant makes objects below what is its own, which nobody makes or removes; where another may do the same
    there, that is found."""
    done = run(tmp_path, "-k", "own_world or foreign", leak=leak)
    report = json.loads((tmp_path / "partywall-report" / "report.json").read_text())
    assert done.returncode == (1 if leak else 3), done.stdout + done.stderr
    found = {each["operation"] for each in report["findings"]}
    assert ({"show_project", "list_projects"} <= found) is bool(leak), found
    succeeded = {name: figures["succeeded"] for name, figures in report["operations"].items()}
    assert min(succeeded[name] for name in ("show_org", "list_projects", "make_project", "show_project")) > 0
    assert "from the start" in next(c["reason"] for c in report["grid"] if c["operation"] == "remove_org")


def test_a_kind_that_nobody_knows(tmp_path: Path) -> None:
    """What no operation is about is one sentence and exit status 2."""
    done = run(tmp_path, kind="organisation")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        "partywall: tenant noor: owns: no operation is about a 'organisation'"
    )
