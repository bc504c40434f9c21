"""The generic run as a command: opens the API before pytest begins, so that what a user can mend is told at once."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from partywall.errors import UsageError
from partywall.schema.plan import table
from partywall.suite.generic.api import described, opened
from partywall.suite.generic.guard import Hosts
from partywall.suite.generic.plugin import Given
from partywall.suite.generic.served import serving
from partywall.suite.generic.settings import load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from partywall.suite.generic.settings import Settings

PROPERTIES = Path(__file__).with_name("properties.py")


@contextmanager
def prepared(told: argparse.Namespace, others: list[str]) -> Iterator[tuple[list[str], list[object]]]:
    """What pytest is to be called with, beside the rest: arguments and plugins. The API is open meanwhile."""
    if any(word.startswith(("-n", "--numprocesses", "--dist")) for word in others):
        raise UsageError("a run from a description is one process: leave -n out")
    settings = settings_of(told)
    with opened(settings, say) as api:
        arguments = [
            "-c",
            os.devnull,
            "--noconftest",
            f"--rootdir={settings.folder}",
            "-p",
            "partywall.suite.generic.plugin",
        ]
        arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # what it would rewrite is imported by now
        yield [*arguments, str(PROPERTIES)], [Given(api)]


def show_plan(told: argparse.Namespace) -> list[str]:
    """The plan as a table. Nothing is sent but for the description."""
    settings = settings_of(told)
    with serving(settings.app, settings.folder) if settings.app else nullcontext("") as base:
        description, plan = described(settings, Hosts(settings.allow_hosts), base)
    return table(plan, description)


def dry_run(told: argparse.Namespace) -> list[str]:
    """What a run would do. Log-ins are tried; of the operations, only the reads that try credentials are sent."""
    settings = settings_of(told)
    with opened(settings, say) as api:
        steps = table(api.plan, api.description)
        tenants = ", ".join(account.known.name for account in api.listed) or "made on the fly"
        bounds = f"at most {settings.requests} requests in {settings.seconds} seconds"
        return [*steps, f"tenants: {tenants}; service: {api.gateway.upstream}; {bounds}. Nothing was changed."]


def settings_of(told: argparse.Namespace) -> Settings:
    """The settings of this folder and the command line."""
    words = {
        "openapi": told.openapi or ("/openapi.json" if told.app else None),
        "base-url": told.base_url,
        "app": told.app,
        "tenants": told.tenants,
        "allow-hosts": told.allow_host,
        "read-only": told.read_only,
        "keep": told.keep,
        "requests": told.requests,
        "seconds": told.seconds,
        "rate": told.rate,
    }
    return load(Path.cwd(), words)


def say(line: str) -> None:
    """To people at the terminal."""
    sys.stderr.write(f"partywall: {line}\n")
