"""What it costs to look one response over for other tenants' values, as it comes in.

Bodies are JSON, different each time, with a mark of the viewer's own in every fifth field and a value that the service
assigned to the viewer in every fifth. "marks" is `Marks.watch`, "ledger" `Values.foreign`, "both" one after the
other. The peers look for the same values that the ledger holds: an Aho-Corasick automaton of all of them
(https://pypi.org/project/pyahocorasick/), and a loop of ``in`` over 1,000 of them at most, scaled up to all.
"""

from __future__ import annotations

import platform
import random
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import ahocorasick

from benchmarks.measure import microseconds, resident_mb
from partywall.marks import Marks
from partywall.values import Values

if TYPE_CHECKING:
    from collections.abc import Callable

MARKS = Marks(b"benchmark")
SIZES = (1_000, 20_000, 1_000_000)
COUNTS = (10, 1_000, 100_000, 1_000_000)
GOALS = {1_000: {"marks": 3, "both": 30}, 20_000: {"marks": 20, "both": 300}}
MEMORY_MB_MAX = 300
LOOP_MAX = 1_000


def measured() -> dict[str, Any]:
    """A row for each size of body and number of tenants, each of whom owns one value."""
    rows, holding = [], []
    for count in COUNTS:
        values, facts = _ledger(count)
        holding.append(facts)
        peers = {"aho_corasick": _automaton(count), "in_loop": _loop(count)}
        for size in SIZES:
            rows.append(_row(size, count, values, peers))
            print(f"  scan: {size} bytes, {count} tenants measured", flush=True)
    return {
        "what": "one response looked over, microseconds of CPU time; the viewer's own marks and values are in it",
        "python": platform.python_version(),
        "partywall": version("partywall"),
        "pyahocorasick": version("pyahocorasick"),
        "machine": f"{platform.system()} {platform.machine()}",
        "rows": rows,
        "ledger": holding,
        "ratios": _ratios(),
    }


def _row(size: int, count: int, values: Values, peers: dict[str, Callable[[bytes], object]]) -> dict[str, Any]:
    viewer = count - 1
    marks = MARKS.watch(viewer)
    ways: dict[str, Callable[[bytes], object]] = {
        "marks": marks,
        "ledger": lambda body: values.foreign(body, viewer),
        "both": lambda body: (marks(body), values.foreign(body, viewer)),
    }
    found = microseconds(ways, _bodies(size, viewer, 3 if size > 100_000 else 60))
    # The peers take so long that fewer bodies will do.
    found |= microseconds(peers, _bodies(size, viewer, 1 if size > 100_000 else 3))
    found["in_loop"] *= count / min(count, LOOP_MAX)
    goals = GOALS.get(size, {})
    row: dict[str, Any] = {"bytes": size, "tenants": count}
    for name, took in found.items():
        row[f"{name}_us"] = round(took, 2)
        if name in goals:
            row[f"{name}_goal_us"] = goals[name]
    return row


def _ledger(count: int) -> tuple[Values, dict[str, Any]]:
    """A ledger with a value of each of so many tenants, and what it costs."""
    owned = [_value(tenant) for tenant in range(count)]
    before, began = resident_mb(), time.process_time_ns()
    values = Values()
    for tenant, value in enumerate(owned):
        values.own(tenant, value, tenant, "create /id")
    took_us = (time.process_time_ns() - began) / count / 1e3
    facts = {"values": count, "add_us": round(took_us, 2), "memory_mb": round(resident_mb() - before, 1)}
    return values, facts | {"memory_goal_mb": MEMORY_MB_MAX}


def _automaton(count: int) -> Callable[[bytes], object]:
    automaton = ahocorasick.Automaton()
    for tenant in range(count):
        automaton.add_word(_value(tenant), tenant)
    automaton.make_automaton()
    return lambda body: list(automaton.iter(body.decode()))


def _loop(count: int) -> Callable[[bytes], object]:
    needles = [_value(tenant).encode() for tenant in range(min(count, LOOP_MAX))]
    return lambda body: [needle for needle in needles if needle in body]


def _value(tenant: int) -> str:
    """What a service assigned to a tenant: 24 letters and digits."""
    return f"{random.Random(tenant).getrandbits(96):024x}"


def _bodies(size: int, viewer: int, count: int) -> list[bytes]:
    randoms, assigned = random.Random(size), _value(viewer)
    bodies = []
    for _ in range(count):
        fields: list[str] = []
        length = 2
        while length < size:
            index = len(fields)
            own = MARKS.mint(viewer, randoms.randrange(1_000)) if index % 5 == 0 else ""
            field = f'"field{index}": "{randoms.random()} {assigned if index % 5 == 1 else own}"'
            fields.append(field)
            length += len(field) + 2
        bodies.append(("{" + ", ".join(fields) + "}").encode())
    return bodies


def _ratios() -> list[dict[str, Any]]:
    """What marks cost more for a million tenants than for ten, measured in turn, each on bodies of its own viewer."""
    few, many = MARKS.watch(COUNTS[0] - 1), MARKS.watch(COUNTS[-1] - 1)
    rows = []
    for size in SIZES:
        count = 3 if size > 100_000 else 60
        pairs = list(zip(_bodies(size, COUNTS[0] - 1, count), _bodies(size, COUNTS[-1] - 1, count), strict=True))
        took = microseconds({"few": lambda pair: few(pair[0]), "many": lambda pair: many(pair[1])}, pairs)
        rows.append({"bytes": size, "marks_ratio": round(took["many"] / took["few"], 3), "marks_goal_ratio": 1.1})
    return rows
