"""The stand-alone replay's source, made of several modules."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from partywall.reporting import script

if TYPE_CHECKING:
    from pathlib import Path


def test_whole(tmp_path: Path) -> None:
    """One file, with the story as its docstring and the programme as data, that imports nothing of partywall, defines
    each name once, and says how it is used."""
    told = {"steps": ["it's '''quoted''' \\ twice"], "roles": []}
    source = script.script(told, ['A "story" \\ of """quotes"""'])
    tree = ast.parse(source)
    assert (ast.get_docstring(tree) or "").splitlines()[2] == "A \"story\" \\ of '''quotes'''"
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= {*sys.stdlib_module_names, "httpx"}
    names = Counter(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef))
    assert not {name for name, times in names.items() if times > 1}
    file = tmp_path / "replay.py"
    file.write_text(source)
    done = subprocess.run([sys.executable, "-I", file, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--ready FILE" in done.stdout


def test_marker_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source without its place for the programme is refused."""
    monkeypatch.setattr(script, "MODULES", ("answers", "texts"))
    with pytest.raises(AssertionError, match="expected '<story>' once"):
        script.script({}, [])
