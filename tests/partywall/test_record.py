"""A history written to a file is the same history when read again."""

import json
from dataclasses import asdict, fields
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from partywall.config import Config
from partywall.events import Exchanged, TrialJudged, TrialOpened
from partywall.model import Exchange
from partywall.oracle.judge import judge
from partywall.record import (
    HistoryFile,
    exchange_from_json,
    exchange_to_json,
    finding_from_json,
    policy_from_json,
    read_histories,
    read_records,
)
from tests.partywall.histories import KEY, NOTES, A, B, did, history, mark
from tests.partywall.notation import POLICY

texts = st.text(st.characters(codec="utf-8"), max_size=8)
exchanges = st.builds(
    Exchange,
    number=st.integers(0, 9),
    operation=texts,
    tenant=st.integers(0, 9),
    session=texts,
    connection=texts,
    method=texts,
    url=texts,
    request_headers=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    request_body=st.binary(max_size=20),
    called_ns=st.integers(0, 10**18),
    returned_ns=st.integers(0, 10**18),
    status=st.none() | st.integers(100, 599),
    headers=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    body=st.binary(max_size=50),
    provocations=st.lists(texts, max_size=2).map(tuple),
    credentials=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
)


@given(exchange=exchanges)
def test_exchange_round_trip(exchange: Exchange) -> None:
    """An exchange survives JSON whatever its bytes."""
    assert exchange_from_json(json.loads(json.dumps(exchange_to_json(exchange, 1_000)))) == exchange


def test_policy_round_trip() -> None:
    """A policy that says something of everything survives JSON."""
    assert all(getattr(POLICY, each.name) for each in fields(POLICY))
    assert policy_from_json(json.loads(json.dumps(asdict(POLICY)))) == POLICY


def test_long_bodies_are_cut_and_say_so() -> None:
    """A body over the limit is kept up to the limit, with its real size beside it."""
    [exchange] = history(did(A, "get", came=b"x" * 100)).exchanges
    record = exchange_to_json(exchange, 10)
    assert (record["body"], record["body_bytes"]) == ("x" * 10, 100)


def test_file_round_trip(tmp_path: Path) -> None:
    """The same judgement comes from the file as from memory; a torn last line is left out."""
    made = history(
        did(A, "create", sent={"t": mark(A)}, came={"id": 1}), did(B, "list", came={"notes": [{"t": mark(A)}]})
    )
    judgement = judge(made, NOTES)
    path = tmp_path / "history.ndjson"
    config = Config(seed=1, folder=tmp_path)
    with HistoryFile(path, config) as write:
        write(TrialOpened("t/0", "t", NOTES, made.tenants))
        for exchange in made.exchanges:
            write(Exchanged("t/0", exchange))
        write(TrialJudged("t/0", "t", made, judgement))
    with path.open("a") as torn:
        torn.write('{"record":"exch')
    records = list(read_records(path))
    assert [record["record"] for record in records] == ["run", "policy", "trial", "exchange", "exchange", "judgement"]
    assert policy_from_json(records[1]) == NOTES
    assert tuple(finding_from_json(each) for each in records[-1]["findings"]) == judgement.verdict.findings
    read = read_histories(path)["t/0"]
    assert (read.tenants, read.exchanges) == (made.tenants, made.exchanges)
    assert read.key == config.key != KEY
