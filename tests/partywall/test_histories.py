"""Files of histories: what an oracle finds in each, named exactly, and what it leaves alone."""

from pathlib import Path

import pytest

from partywall.oracle.judge import PROPERTIES, judge
from partywall.oracle.kinds import KINDS
from tests.partywall.notation import POLICY, read, told

FOLDER = Path(__file__).parent / "histories"
FILES = sorted(FOLDER.glob("*/*/*.history"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_history(path: Path) -> None:
    """All oracles together find in a history exactly what its file declares: in a good one, nothing."""
    written = read(path.read_text())
    verdict = judge(written.history, POLICY).verdict
    assert sorted(map(told, verdict.findings)) == sorted(written.finds), written.sentence
    assert sorted(map(told, verdict.warnings)) == sorted(written.warns), written.sentence
    of_it = {name for name, *_ in (*written.finds, *written.warns)}
    assert bool(of_it) is (path.parent.name == "bad")
    assert path.parent.name == "ok" or path.parent.parent.name in of_it


@pytest.mark.parametrize("name", PROPERTIES)
def test_both_ways(name: str) -> None:
    """Every property has at least four histories in which it is broken, and four in which it nearly is."""
    for goodness in ("ok", "bad"):
        assert len(list((FOLDER / name / goodness).glob("*.history"))) >= 4


def test_kinds_are_shown() -> None:
    """Every kind of finding that an oracle of this version knows is found in one of the files."""
    shown = {found[:2] for path in FILES for found in (*read(path.read_text()).finds, *read(path.read_text()).warns)}
    assert {key for key in KINDS if key[0] in PROPERTIES} == shown
