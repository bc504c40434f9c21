"""The documentation's examples, as their reader runs them."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from partywall import baseline
from partywall.suite.generic.credentials import known
from partywall.suite.generic.settings import load
from scripts.reference import document

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LOCUSTS = "partywall.distributed.users"  # not imported here: Locust patches its process
PAGES = [DOCS / "tutorial.md", DOCS / "explanation.md", *sorted((DOCS / "how-to").glob("*.md"))]


def examples(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


def follow(page: Path, file: str, mended_from: str, folder: Path) -> list[tuple[int, str]]:
    """Write a page's files into a folder, run its commands in their order, and mend its application after the first
    that finds something: the exit statuses, which have to be those that the page promises, and what was said."""
    app, mended = examples(page, "python")
    (tenants,) = examples(page, "toml")
    (folder / file).write_text(app)
    (folder / "tenants.toml").write_text(tenants)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done: list[tuple[int, str]] = []
    for command in examples(page, "bash"):
        words = shlex.split(command, comments=True)
        if words[0] == "export":
            environment |= dict(word.split("=") for word in words[1:])
            continue
        promised = int(found[1]) if (found := re.search(r"# exits (\d)", command)) else 0
        if promised == 0 and any(status == 1 for status, _ in done):
            (folder / file).write_text(app[: app.index(mended_from)] + mended)
        ran = subprocess.run(
            [sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == promised, (command, ran.stdout, ran.stderr)
        done.append((ran.returncode, ran.stdout))
    return done


def test_tutorial(tmp_path: Path) -> None:
    """From an empty folder: its files, its commands in their order, and the exit statuses that it promises."""
    done = follow(DOCS / "tutorial.md", "shop.py", '@app.get("/orders/{order_id}")', tmp_path)
    assert [status for status, _ in done] == [0, 0, 1, 0]
    assert "show_order" in done[2][1]


def test_caches(tmp_path: Path) -> None:
    """The how-to about caches: the list that was kept is found, and its cause told; mended, all is held."""
    done = follow(DOCS / "how-to" / "caches.md", "desk.py", '@app.get("/orders")', tmp_path)
    assert [status for status, _ in done] == [1, 0]
    assert "cause: cache key" in done[0][1]


def test_exploration(tmp_path: Path) -> None:
    """The how-to about interleavings: the race is found, its test fails until it is mended, and then all is held."""
    done = follow(DOCS / "how-to" / "explore.md", "desk.py", '@app.get("/orders")', tmp_path)
    assert [status for status, _ in done] == [1, 1, 0, 0]
    told = re.search(r'such as "(.*?)\d+ schedules(.*?)"', (DOCS / "how-to" / "explore.md").read_text(), re.DOTALL)
    assert told is not None
    begin, end = (" ".join(part.split()) for part in told.groups())
    assert re.search(rf"guarantee: {begin} \d+ schedules{end}", done[-1][1])


def test_reference() -> None:
    """The reference is what the code says."""
    assert (DOCS / "reference.md").read_text("utf-8") == document(), "python -m scripts.reference > docs/reference.md"


def test_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pages say can be written into settings is understood."""
    for name in ("KEY", "TOKEN", "PASSWORD", "SECRET", "TOKEN_OF_ADA", "TOKEN_OF_NOOR"):
        monkeypatch.setenv(name, "of no importance")
    (tmp_path / "password.txt").write_text("of no importance")
    kinds = set()
    for page in PAGES:
        for example in examples(page, "toml"):
            document = tomllib.loads(example)
            if "known" in document:
                (tmp_path / "baseline.toml").write_text(example)
                assert baseline.read(tmp_path / "baseline.toml")
                continue
            settings = load(tmp_path, {"openapi": "openapi.json", **document})
            assert settings.operations.keys() == document.get("operations", {}).keys()
            tenants = known(settings.tenant, tmp_path, page.name) if settings.tenant else []
            kinds |= {credential["kind"] for tenant in tenants for credential in tenant.credentials}
    assert kinds == {"api-key", "bearer", "basic", "form", "oauth2"}


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *PAGES], ids=lambda page: page.stem)
def test_pages(page: Path) -> None:
    """Python can be read, its imports are there, and links lead somewhere."""
    for example in examples(page, "python"):
        for node in ast.walk(ast.parse(example)):
            if isinstance(node, ast.ImportFrom) and node.module == LOCUSTS:
                source = ast.parse((ROOT / "src" / LOCUSTS.replace(".", "/")).with_suffix(".py").read_text())
                assert {each.name for each in node.names} <= {getattr(each, "name", "") for each in source.body}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("partywall"):
                exec(compile(ast.Module([node], []), str(page), "exec"), {})
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert link.startswith("http") or (page.parent / link).exists(), link
