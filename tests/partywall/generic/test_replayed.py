"""The evidence of a run from a description, tried on another instance as who has nothing but that would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from partywall.suite.generic.served import serving
from tests.partywall.generic.test_generic_run import BOXES, ROOT, run
from tests.partywall.generic_service import USERS

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {user: f"key-of-{user}-{password}" for user, password in USERS.items()}
KINDS = {
    "basic": (
        '{kind = "basic", username = "USER", password = "PASSWORD"}',
        ["USER:PASSWORD"],
        "user:password the header Authorization",
        '-u "$PARTYWALL_KEY_ROLE"',
    ),
    "bearer": (
        '{kind = "bearer", token = "KEY"}',
        ["KEY"],
        "what follows 'Bearer ' in the header Authorization",
        '-H "Authorization: Bearer $PARTYWALL_KEY_ROLE"',
    ),
    "query": (
        '{kind = "api-key", in = "query", name = "api_key", value = "KEY"}',
        ["KEY"],
        "the value of the query api_key",
        '"?api_key=$PARTYWALL_KEY_ROLE"',
    ),
    "cookie": (
        '{kind = "api-key", in = "cookie", name = "kept", value = "KEY"}, '
        '{kind = "api-key", name = "X-Shop", value = "USER"}',
        ["USER", "KEY"],
        "the value of the cookie kept",
        '-b "kept=$PARTYWALL_KEY_ROLE_2"',
    ),
}
"""Kind -> its credentials, what a person gives a replay, what that is called, how curl is told."""


def told(text: str, user: str) -> str:
    return text.replace("USER", user).replace("PASSWORD", USERS[user]).replace("KEY", KEYS[user])


@pytest.mark.parametrize("kinds", [("basic", "query"), ("bearer", "cookie")], ids=" ".join)
def test_replays_with_credentials_of_each_kind(kinds: tuple[str, str], tmp_path: Path) -> None:
    """A replay and a script for curl send credentials where the service looks for them, and name the tenants whose they
    are; a replay shows the finding where it is, and nothing where it is mended."""
    players = dict(zip(("ada", "noor"), kinds, strict=True))
    tenants = [
        f'[[tenant]]\nname = "shop of {user}"\naccount = "{user}"\ncredentials = [{told(KINDS[kind][0], user)}]\n'
        for user, kind in players.items()
    ]
    (tmp_path / "partywall.toml").write_text('tenants = "shops.toml"\n')
    (tmp_path / "shops.toml").write_text("".join(tenants))
    done = run(tmp_path, "run", *BOXES[:2], "-k", "foreign", leak="read")
    assert done.returncode == 1, done.stdout + done.stderr
    findings = sorted((tmp_path / "partywall-report" / "findings").iterdir())
    witnesses = {each: json.loads((each / "witness.json").read_text()) for each in findings}
    folder, witness = next((f, w) for f, w in witnesses.items() if w["finding"]["property"] == "ownership")
    roles = witness["program"]["roles"]
    assert {role["tenant"] for role in roles} == {"shop of ada", "shop of noor"}

    keys, script = {}, (folder / "witness.sh").read_text()
    for role in roles:
        user = role["tenant"].rpartition(" ")[2]
        _, given, _, curl = KINDS[players[user]]
        for number, value in enumerate(given, 1):
            keys[f"PARTYWALL_KEY_{role['name']}" + (f"_{number}" if number > 1 else "")] = told(value, user)
        assert curl.replace("ROLE", role["name"]) in script

    def replay(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(folder / "replay.py"), *arguments]
        env = {"PATH": os.environ["PATH"], **keys}
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    said = replay("--help").stdout
    assert all(KINDS[kind][2] in said for kind in kinds)
    assert f"of {roles[0]['name']}, who is {roles[0]['tenant']}" in said
    for leak, status in (("read", 1), ("", 0)):
        (tmp_path / f"again{leak}.py").write_text(
            f"from tests.partywall.generic_service import application\napp = application({leak!r})\n"
        )
        with serving(f"again{leak}:app", tmp_path) as url:
            done = replay("--url", url)
        assert done.returncode == status, done.stdout + done.stderr
    assert str(ROOT) not in script
