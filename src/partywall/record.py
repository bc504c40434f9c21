"""A run's history as a file: one JSON object a line, each written whole as soon as it is known.

Records by their "record" field: "run", "policy", "trial", "exchange", "judgement". A file whose writer was killed
is readable up to its last whole line.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from partywall.events import Event, Exchanged, TrialJudged, TrialOpened
from partywall.model import Exchange, Finding, History, Tenant
from partywall.policy import Effect, Lag, Listing, LogIn, Policy, Resource, Shared, Volatile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

    from partywall.config import Config
    from partywall.oracle.judge import Judgement


class HistoryFile:
    """Writes the events of one process to its own file."""

    def __init__(self, path: Path, config: Config) -> None:
        self.path = path
        self._body_bytes_max = config.body_bytes_max
        self._file = path.open("w", encoding="utf-8")
        self._policy: Policy | None = None
        self._write({"record": "run", "seed": config.seed, "key": config.key.hex()})

    def __call__(self, event: Event) -> None:
        """Write an event."""
        match event:
            case TrialOpened():
                if event.policy != self._policy:
                    self._policy = event.policy
                    self._write({"record": "policy", **asdict(event.policy)})
                tenants = [asdict(tenant) for tenant in event.tenants]
                self._write({"record": "trial", "trial": event.trial, "test": event.test, "tenants": tenants})
            case Exchanged():
                body = exchange_to_json(event.exchange, self._body_bytes_max)
                self._write({"record": "exchange", "trial": event.trial, **body})
            case TrialJudged():
                self._write(
                    {"record": "judgement", "trial": event.trial, "test": event.test}
                    | judgement_to_json(event.judgement)
                )

    def close(self) -> None:
        """No more events."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _write(self, record: dict[str, Any]) -> None:
        self._file.write(json.dumps(record, separators=(",", ":")) + "\n")
        self._file.flush()


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The whole records of a history file. What a kill cut off at the end is left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)


def read_histories(path: Path) -> dict[str, History]:
    """Trial -> its history. Bodies that were cut when recorded stay cut."""
    key = b""
    tenants: dict[str, tuple[Tenant, ...]] = {}
    exchanges: dict[str, list[Exchange]] = {}
    for record in read_records(path):
        match record["record"]:
            case "run":
                key = bytes.fromhex(record["key"])
            case "trial":
                tenants[record["trial"]] = tuple(Tenant(**tenant) for tenant in record["tenants"])
                exchanges.setdefault(record["trial"], [])
            case "exchange":
                exchanges[record["trial"]].append(exchange_from_json(record))
    return {
        trial: History(key, tenants[trial], tuple(sorted(found, key=lambda e: e.number)))
        for trial, found in exchanges.items()
    }


def exchange_to_json(exchange: Exchange, body_bytes_max: int) -> dict[str, Any]:
    """An exchange as JSON; bodies over the limit are cut and say so."""
    record = asdict(exchange)
    for name in ("request_body", "body"):
        data: bytes = record[name]
        record[name] = _bytes_to_json(data[:body_bytes_max])
        if len(data) > body_bytes_max:
            record[f"{name}_bytes"] = len(data)
    return record


def exchange_from_json(record: dict[str, Any]) -> Exchange:
    """The exchange of a record."""
    values = {f.name: record[f.name] for f in fields(Exchange) if f.name in record}
    for name in ("request_body", "body"):
        values[name] = _bytes_from_json(values[name])
    for name in ("request_headers", "headers", "credentials"):
        values[name] = _pairs(values.get(name, ()))
    values["provocations"] = tuple(values["provocations"])
    return Exchange(**values)


def policy_from_json(record: dict[str, Any]) -> Policy:
    """The policy of a record."""
    resources = [
        Resource(**{**each, "listed": tuple(_listing(listing) for listing in each["listed"])})
        for each in record["resources"]
    ]
    return Policy(
        operations=tuple(record["operations"]),
        shared=tuple(Shared(**each) for each in record["shared"]),
        resources=tuple(resources),
        caller=_pairs(record["caller"]),
        assigned=_pairs(record["assigned"]),
        volatile=tuple(Volatile(**each) for each in record["volatile"]),
        writes=tuple(record["writes"]),
        log_ins=tuple(LogIn(**each) for each in record["log_ins"]),
        log_outs=tuple(record["log_outs"]),
        revocations=tuple(record["revocations"]),
        lags=tuple(Lag(**each) for each in record["lags"]),
        once=tuple(Effect(**each) for each in record["once"]),
        paired=_pairs(record["paired"]),
    )


def _pairs(record: Any) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, second in record)


def _listing(record: dict[str, Any]) -> Listing:
    return Listing(**{**record, "narrowed_by": tuple(record["narrowed_by"])})


def judgement_to_json(judgement: Judgement) -> dict[str, Any]:
    """A judgement as JSON."""
    return {
        "outcome": judgement.verdict.outcome,
        "reasons": list(judgement.verdict.reasons),
        "findings": [asdict(finding) for finding in judgement.verdict.findings],
        "warnings": [asdict(warning) for warning in judgement.verdict.warnings],
        "judged": judgement.judged,
        "overlaps": [[*pair, count] for pair, count in judgement.overlaps.items()],
        "coverage": {operation: asdict(figures) for operation, figures in judgement.coverage.items()},
    }


def finding_from_json(record: dict[str, Any]) -> Finding:
    """The finding of a record."""
    return Finding(**{**record, "chain": tuple(record["chain"])})


def _bytes_to_json(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def _bytes_from_json(value: str | dict[str, str]) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])
