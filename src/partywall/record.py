"""A run's history as a file: one JSON object a line, each written whole as soon as it is known.

Records by their "record" field: "run", "policy", "trial", "twins", "exchange", "judgement", "cause", and "end" with
what became of the tests. A file whose writer was killed is readable up to its last whole line.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, astuple, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from partywall.baseline import Known
from partywall.events import Event, Exchanged, Explained, LeftBehind, RunEnded, TrialJudged, TrialOpened, Twinned
from partywall.model import Exchange, Finding, History, Tenant, Twins
from partywall.policy import Effect, Excluded, Grant, Lag, Listing, LogIn, Policy, Resource, Shared, Volatile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

    from partywall.config import Config
    from partywall.oracle.judge import Judgement

_EXCHANGE = tuple(field.name for field in fields(Exchange))
_JSON = json.JSONEncoder(separators=(",", ":"))


class HistoryFile:
    """Writes the events of one process to its own file."""

    def __init__(self, path: Path, config: Config, *, again: bool = False) -> None:
        """``again``: go on with a file that is there, as its last writer."""
        self.path = path
        self._body_bytes_max = config.body_bytes_max
        self._file = path.open("ab" if again else "wb")
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
                accounts = [list(account) for account in event.accounts]
                self._write(
                    {
                        "record": "trial",
                        "trial": event.trial,
                        "test": event.test,
                        "tenants": tenants,
                        "accounts": accounts,
                    }
                )
            case Twinned():
                self._write({"record": "twins", **asdict(event)})
            case Explained():
                self._write({"record": "cause", **asdict(event)})
            case LeftBehind():
                self._write({"record": "left", **asdict(event)})
            case RunEnded():
                known = [known_to_json(each) for each in event.known]
                self._write({"record": "end", **asdict(event), "known": known, "day": event.day.isoformat()})
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
        self._file.write(_JSON.encode(record).encode("ascii") + b"\n")
        self._file.flush()


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The whole records of a history file. What a kill cut off at the end is left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)


class Trials:
    """The trials of a history file as far as it has been read."""

    def __init__(self) -> None:
        self._key = b""
        self._policy: Policy | None = None
        self._policies: dict[str, Policy] = {}
        self._opened: dict[str, dict[str, Any]] = {}
        self._exchanges: dict[str, list[Exchange]] = {}
        self._twins: dict[str, dict[str, Any]] = {}
        self._cut: set[str] = set()

    def hear(self, record: dict[str, Any]) -> None:
        """The next record."""
        match record["record"]:
            case "run":
                self._key = bytes.fromhex(record["key"])
            case "policy":
                self._policy = policy_from_json(record)
            case "trial":
                assert self._policy is not None  # the writer puts it before the first trial
                self._opened[record["trial"]] = record
                self._policies[record["trial"]] = self._policy
                self._exchanges[record["trial"]] = []
            case "twins":
                self._twins[record["trial"]] = record
            case "exchange":
                self._exchanges[record["trial"]].append(exchange_from_json(record))
                if "body_bytes" in record or "request_body_bytes" in record:
                    self._cut.add(record["trial"])

    def __iter__(self) -> Iterator[str]:
        return iter(self._opened)

    def policy(self, trial: str) -> Policy:
        """What the trial is held against."""
        return self._policies[trial]

    def history(self, trial: str) -> History:
        """What has happened in a trial so far. Bodies that were cut when recorded stay cut."""
        opened, twins = self._opened[trial], self._twins.get(trial)
        return History(
            self._key,
            tuple(Tenant(**tenant) for tenant in opened["tenants"]),
            tuple(sorted(self._exchanges[trial], key=lambda e: e.number)),
            tuple((number, account) for number, account in opened["accounts"]),
            Twins(twins["tenant"], (self.history(twins["alone"][0]), self.history(twins["alone"][1])))
            if twins
            else None,
        )

    def cut(self, trial: str) -> bool:
        """Has a body of the trial been cut when it was recorded?"""
        alone = self._twins[trial]["alone"] if trial in self._twins else ()
        return bool(self._cut & {trial, *alone})


def read_histories(path: Path) -> dict[str, History]:
    """Trial -> its history."""
    trials = Trials()
    for record in read_records(path):
        trials.hear(record)
    return {trial: trials.history(trial) for trial in trials}


def exchange_to_json(exchange: Exchange, body_bytes_max: int) -> dict[str, Any]:
    """An exchange as JSON; bodies over the limit are cut and say so."""
    record = {name: getattr(exchange, name) for name in _EXCHANGE}
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
        drawn=tuple((name, count) for name, count in record.get("drawn", ())),
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
        pages=tuple(record.get("pages", ())),
        form_field=record.get("form_field", ""),
        granted=tuple(Grant(**each) for each in record.get("granted", ())),
        excluded=tuple(Excluded(**each) for each in record.get("excluded", ())),
        names=_pairs(record.get("names", ())),
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
        "coverage": {operation: asdict(figures) for operation, figures in judgement.exercised.operations.items()},
        "looks": [[*where, *astuple(look)] for where, look in judgement.exercised.looks.items()],
        "left_out": sorted(list(slot[:3]) for slot in judgement.exercised.left_out),
        "pairs": [[*pair, count] for pair, count in judgement.exercised.pairs.items()],
        "leads": [asdict(lead) for lead in judgement.leads],
    }


def known_to_json(known: Known) -> dict[str, str]:
    """An entry of a baseline as JSON."""
    return {**asdict(known), "until": known.until.isoformat()}


def known_from_json(record: dict[str, str]) -> Known:
    """The entry of a record."""
    return Known(**{**record, "until": date.fromisoformat(record["until"])})  # type: ignore[arg-type]


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
