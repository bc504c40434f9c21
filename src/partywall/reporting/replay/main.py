#!/usr/bin/env python3
"""Replays one finding of a Partywall run. Needs Python 3.11 and httpx, nothing else.

<story>

Start the service with a fresh account for each of the roles above, then one of:

    python replay.py --ready FILE    FILE, or - for stdin, holds the one JSON line that the service printed when it
                                     started: "url", "api_keys" in the order of the roles, perhaps "account_ids"
                                     and "names", "operator_url", "operator_key"
    python replay.py --url URL       credentials come from PARTYWALL_KEY_A, PARTYWALL_KEY_B, ..., and
                                     PARTYWALL_KEY_A_2, ... of a role that needs two; perhaps PARTYWALL_ACCOUNT_A,
                                     ... and PARTYWALL_NAME_A, ..., PARTYWALL_OPERATOR_URL and
                                     PARTYWALL_OPERATOR_KEY. --help says what each has to hold

Exit status: 1 it showed again, 0 it did not, 2 misuse, 3 the steps could not be run.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import sys
import time
import urllib.parse
from pathlib import Path
from typing import Any

from partywall.reporting.replay.check import Check
from partywall.reporting.replay.run import Run
from partywall.reporting.replay.service import OPERATOR, Caller, NotRunError, Service

PROGRAM: dict[str, Any] = {}

ATTEMPTS_S = 30.0
WHOLE_EVERY = 10
FURTHER_ATTEMPTS, FURTHER_S, IDLE_MAX = 20, 2.0, 20
HANG_UPS_MS = (None, 1.0, 2.0, 4.0, 8.0)
LOOKS = 3


def replay(
    program: dict[str, Any], service: Service, attempts: int, seconds: float = float("inf")
) -> tuple[str, int, int]:
    """Run the programme until it shows, and a little further: what showed, "" if nothing, and in how many attempts
    of how many. No attempt begins after so many seconds. Raises `NotRunError` if it never ran to its end."""
    run = Run(program, service)
    check = Check(run)
    # Replies that somebody left unread may have shifted so that each look gets one that shows nothing.
    hangs_up, last = any(step["hang_up_ms"] is not None for step in program["steps"]), program["steps"][-1]
    may_look_again = hangs_up and last["hang_up_ms"] is None and last["method"] == "GET"
    racing = [step["group"] is not None or step["hang_up_ms"] is not None for step in program["steps"]]
    tail, whole_every = program["tail"], WHOLE_EVERY
    story, shown, made, idle, until = "", 0, 0, 0, time.monotonic() + seconds
    for attempt in range(attempts):
        before, words = dict(run.answers), run.words
        first = tail if attempt % whole_every else 0
        if attempt and not first:
            run.plant_anew(attempt)
        trouble = run.attempt(first, HANG_UPS_MS[attempt % len(HANG_UPS_MS)])
        found = check.showed()
        for _ in range(attempt % LOOKS if may_look_again else 0):
            if found or trouble:
                break
            trouble = run.attempt(len(program["steps"]) - 1, None)
            found = check.showed()
        if not (trouble or run.fresh):
            trouble = "nothing was sent: no answer had the value that the first request needs"
        made, idle = (made + 1, 0) if found or not trouble else (made, idle + 1)
        if found:
            story, shown = story or found, shown + 1
            until = min(until, time.monotonic() + FURTHER_S)
        elif trouble and before:
            # What can be set up only once is still there, and the race can be run again in it.
            run.answers, run.words = before, words
            tail, whole_every = tail or (racing.index(True) if any(racing) else 0), attempts
        enough = shown and (not program["racy"] or made >= FURTHER_ATTEMPTS)
        if enough or time.monotonic() > until or idle >= IDLE_MAX or not run.fresh:
            break
    if not made:
        raise NotRunError(trouble)
    return story, shown, made


def main(arguments: list[str]) -> int:
    """Run as a command; the exit status."""
    parser = argparse.ArgumentParser(
        description="Replay one finding of a Partywall run.",
        epilog="\n".join(_expected(PROGRAM["roles"])),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--ready", metavar="FILE", help="the JSON line that the service printed; - for stdin")
    where.add_argument("--url", help="base URL of the service; credentials from PARTYWALL_KEY_A, ...")
    parser.add_argument("--attempts", type=int, metavar="N", help="how often to try, however long it takes")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="for one response")
    told = parser.parse_args(arguments)
    attempts = told.attempts or PROGRAM["attempts"]
    roles = PROGRAM["roles"]
    try:
        url, callers = _ready(told.ready, roles) if told.ready else (_base(told.url), _environment(roles))
    except (OSError, ValueError, KeyError) as error:
        parser.error(str(error))
    try:
        with contextlib.closing(Service(url, callers, told.timeout)) as service:
            story, shown, made = replay(PROGRAM, service, attempts, float("inf") if told.attempts else ATTEMPTS_S)
    except NotRunError as error:
        sys.stderr.write(f"could not be run: {error}\n")
        return 3
    sys.stdout.write(f"reproduced {shown} of {made}: {story}\n" if shown else f"not reproduced: 0 of {made}\n")
    return 1 if shown else 0


def _expected(roles: list[dict[str, Any]]) -> list[str]:
    """What each role's credentials are, and where they are put."""
    lines = []
    for role in roles:
        who = f", who is {role['tenant']}" if role["tenant"] else ""
        for name, shown in zip(_variables(role), role["shown"], strict=True):
            what = "user:password" if shown["prefix"] == "Basic " else f"what follows {shown['prefix']!r} in"
            what = what if shown["prefix"] else "the value of"
            lines.append(f"{name}: {what} the {shown['place']} {shown['name']} of {role['name']}{who}")
        lines += [f"{role['name']}: {role['note']}"] if role["note"] else []
    return lines


def _variables(role: dict[str, Any]) -> list[str]:
    return [f"PARTYWALL_KEY_{role['name']}" + (f"_{n + 1}" if n else "") for n in range(len(role["shown"]))]


def _caller(role: dict[str, Any], keys: list[str], account: str, name: str) -> Caller:
    key, *further = keys or [""]
    return Caller(role["name"], key, account, name, shown=role["shown"], further=further)


def _ready(file: str, roles: list[dict[str, Any]]) -> tuple[str, dict[str, Caller]]:
    line = sys.stdin.readline() if file == "-" else Path(file).read_text("utf-8").strip().partition("\n")[0]
    told = json.loads(line)
    lists = [(told.get(name) or [])[: len(roles)] for name in ("api_keys", "account_ids", "names")]
    if len(lists[0]) < len(roles) or "url" not in told:
        raise ValueError(f"expected url and {len(roles)} api_keys in {file}, came {len(lists[0])} keys")
    callers = {}
    for role, key, account, name in itertools.zip_longest(roles, *lists, fillvalue=""):
        keys = [str(each) for each in (key if isinstance(key, list) else [key])]
        callers[role["name"]] = _caller(role, keys, str(account), str(name))
    if told.get("operator_key"):
        callers[OPERATOR] = Caller(OPERATOR, told["operator_key"], url=str(told.get("operator_url", "")))
    # What the line calls its URL may be a part of the service, and the run's requests count from another one.
    return urllib.parse.urljoin(told["url"], PROGRAM.get("base", "")), callers


def _base(url: str) -> str:
    """Without a path that the requests have in them already."""
    path = urllib.parse.urlsplit(url).path.rstrip("/")
    asked = [str(step["url"][0]) for step in PROGRAM["steps"] if step["session"] is not None]
    return urllib.parse.urljoin(url, "/") if path and all(each.startswith(f"{path}/") for each in asked) else url


def _environment(roles: list[dict[str, Any]]) -> dict[str, Caller]:
    missing = [name for role in roles for name in _variables(role) if not os.environ.get(name)]
    if missing:
        raise ValueError(f"expected credentials in the environment: {', '.join(missing)} not set")
    callers = {}
    for role in roles:
        account, name = (os.environ.get(f"PARTYWALL_{what}_{role['name']}", "") for what in ("ACCOUNT", "NAME"))
        callers[role["name"]] = _caller(role, [os.environ[each] for each in _variables(role)], account, name)
    if key := os.environ.get("PARTYWALL_OPERATOR_KEY"):
        callers[OPERATOR] = Caller(OPERATOR, key, url=os.environ.get("PARTYWALL_OPERATOR_URL", ""))
    return callers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
