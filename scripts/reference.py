"""Commands, settings, properties and the classes that a suite is written with, as the code says them.

python -m scripts.reference > docs/reference.md
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from partywall import cli, plugin, policy, target
from partywall.drive.trial import Trial
from partywall.gate import EXIT_STATUS, INTERNAL, USAGE
from partywall.grid import CAUSES
from partywall.oracle.judge import PROPERTIES
from partywall.suite.check import check_described_api, check_isolation
from partywall.suite.generic import settings
from partywall.suite.isolation import Isolation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEAD = """# Reference

Made by `python -m scripts.reference > docs/reference.md`; a test holds it against what that prints. The files that a
run writes have schemas:
[report.json](../reports/report.schema.json), [explore.json](../reports/explore.schema.json)."""
_ANNOTATION = re.compile(r"(: |-> )'([^']*)'")
CALLABLES: tuple[Any, ...] = (check_isolation, check_described_api, Isolation, Trial)


def document() -> str:
    """The page."""
    return "\n".join([HEAD, *_commands(), *_exits(), *_settings(), *_pytest(), *_properties(), *_python()]) + "\n"


def _commands() -> Iterator[str]:
    yield "\n## Commands"
    takes = cli.parser()
    [commands] = [each for each in takes._actions if isinstance(each, argparse._SubParsersAction)]
    for name, command in commands.choices.items():
        actions = [each for each in command._actions if each.dest != "help"]
        yield f"\n### partywall {name}\n\n{command.description}\n"
        rows = ((" ".join(filter(None, (*each.option_strings, each.metavar))), each.help) for each in actions)
        yield from _table(("option", "meaning"), rows)


def _exits() -> Iterator[str]:
    yield "\n## Exit statuses\n"
    words = {status: str(outcome) for outcome, status in EXIT_STATUS.items()}
    words |= {USAGE: "usage or configuration", INTERNAL: "internal error"}
    yield from _table(("status", "meaning"), ((str(status), words[status]) for status in sorted(words)))


def _settings() -> Iterator[str]:
    yield "\n## Settings\n"
    yield "In `partywall.toml`, or under `[tool.partywall]` in `pyproject.toml`; the command's options go first.\n"
    meanings = _attributes(settings.Settings)
    rows = []
    for each in fields(settings.Settings):
        word = each.name.replace("_", "-")
        if each.name != "folder":
            given = each.default if each.default_factory is MISSING else each.default_factory()
            rows.append((word, "" if given in ("", 0, False, (), {}) else str(given), meanings[each.name]))
    yield from _table(("setting", "default", "meaning"), rows)
    yield "\nTables, and what each has to have:\n"
    yield from _table(("table", "has"), ((f"[[{name}]]", ", ".join(has)) for name, has in settings._LISTED.items()))


class _Options:
    """Takes the place of pytest's parser."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def getgroup(self, *_: str) -> _Options:
        return self

    def addoption(self, name: str, **said: Any) -> None:
        self.rows.append((f"{name} {said.get('metavar', '')}".strip(), said["help"]))

    def addini(self, name: str, said: str, **_: Any) -> None:
        self.rows.append((f"{name} (in pytest's settings)", said))


def _pytest() -> Iterator[str]:
    yield "\n## In pytest\n\nA project's fixture `isolation_target` gives a `Target`; `isolation` tries it.\n"
    options = _Options()
    plugin.pytest_addoption(options)  # type: ignore[arg-type]
    yield from _table(("option", "meaning"), options.rows)


def _properties() -> Iterator[str]:
    yield "\n## Properties\n"
    said = ((name, _first(inspect.getmodule(oracle))) for name, oracle in PROPERTIES.items())
    yield from _table(("property", "what it claims"), said)
    yield "\nWhy an operation is not proven to have one:\n"
    yield from _table(("cause", "meaning"), CAUSES.items())


def _python() -> Iterator[str]:
    yield "\n## In Python"
    described: list[Any] = [
        each for module in (target, policy) for _, each in inspect.getmembers(module, inspect.isclass)
    ]
    described = [each for each in described if each.__module__ in (target.__name__, policy.__name__)]
    for each in (*CALLABLES, *described):
        yield f"\n### {each.__module__}.{each.__name__}\n"
        yield from _said(each.__name__, each)
        if each in (Isolation, Trial):
            for name, method in inspect.getmembers(each, inspect.isfunction):
                if not name.startswith("_"):
                    yield ""
                    yield from _said(f"{each.__name__}.{name}", method)


def _said(name: str, what: Any) -> Iterator[str]:
    given = "" if what in (Isolation, Trial) else _ANNOTATION.sub(r"\1\2", str(inspect.signature(what)))
    yield f"```text\n{name}{given}\n\n{inspect.getdoc(what)}\n```"


def _attributes(described: Any) -> dict[str, str]:
    """What a class' docstring says of its attributes; those that are told together have the same words."""
    names = "|".join(each.name for each in fields(described))
    said = " ".join((inspect.getdoc(described) or "").partition("Attributes:")[2].split())
    parts = re.split(rf"(?:^|(?<=\. ))((?:{names})(?:, (?:{names}))*): ", said)[1:]
    return {name: text.strip() for told, text in zip(parts[::2], parts[1::2], strict=True) for name in told.split(", ")}


def _first(module: Any) -> str:
    return " ".join((inspect.getdoc(module) or "").partition("\n\n")[0].split()).partition(": ")[2]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str | None, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for first, *others in rows:
        cells = [" ".join((each or "").split()).replace("|", "\\|") for each in others]
        yield " | ".join([f"| `{first}`", *cells]) + " |"


if __name__ == "__main__":
    sys.stdout.write(document())
