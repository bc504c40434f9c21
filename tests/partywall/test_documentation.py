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

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [DOCS / "tutorial.md", DOCS / "explanation.md", *sorted((DOCS / "how-to").glob("*.md"))]


def examples(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


def test_tutorial(tmp_path: Path) -> None:
    """From an empty folder: its files, its commands in their order, and the exit statuses that it promises."""
    page = DOCS / "tutorial.md"
    app, mended = examples(page, "python")
    (tenants,) = examples(page, "toml")
    (tmp_path / "shop.py").write_text(app)
    (tmp_path / "tenants.toml").write_text(tenants)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    statuses = []
    for command in examples(page, "bash"):
        words = shlex.split(command, comments=True)
        if words[0] == "export":
            environment |= dict(word.split("=") for word in words[1:])
            continue
        promised = int(found[1]) if (found := re.search(r"# exits (\d)", command)) else 0
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == promised, (command, done.stdout, done.stderr)
        statuses.append(done.returncode)
        if promised == 1:
            assert "show_order" in done.stdout
            replaced = app[: app.index('@app.get("/orders/{order_id}")')] + mended
            (tmp_path / "shop.py").write_text(replaced)
    assert statuses == [0, 0, 1, 0]


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
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("partywall"):
                exec(compile(ast.Module([node], []), str(page), "exec"), {})
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert link.startswith("http") or (page.parent / link).exists(), link
