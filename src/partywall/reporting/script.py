"""The source of a stand-alone ``replay.py``: the modules of `reporting.replay` in one file."""

from __future__ import annotations

import ast
import json
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MODULES = ("answers", "texts", "service", "run", "check", "main")
"""Each imports from those before it only; the last one's docstring is the file's."""

_PACKAGE = "partywall.reporting.replay"
_STORY, _PROGRAM = "<story>", "PROGRAM: dict[str, Any] = {}"


class _Module(NamedTuple):
    docstring: str
    imports: list[str]
    typing_imports: list[str]
    code: str


def script(program: dict[str, Any], story: Sequence[str]) -> str:
    """The source, with a programme as data and its story as the docstring."""
    modules = [_read(name) for name in MODULES]
    imports = sorted({line for module in modules for line in module.imports}, key=_order)
    typing_imports = sorted({line for module in modules for line in module.typing_imports})
    source = "\n".join(
        [
            "#!/usr/bin/env python3",
            f'"""{modules[-1].docstring}"""',
            "",
            "from __future__ import annotations",
            "",
            *imports,
            "",
            *(["if TYPE_CHECKING:", *(f"    {line}" for line in typing_imports)]),
            "",
            *(module.code for module in modules),
        ]
    )
    for marker in (_STORY, _PROGRAM):
        if source.count(marker) != 1:
            raise AssertionError(f"expected {marker!r} once in the replay's source, came {source.count(marker)}")
    # An apostrophe could end the literal, and JSON needs none outside of its strings.
    data = json.dumps(program, indent=1).replace("'", "\\u0027")
    told = "\n".join(story).encode("unicode_escape").decode().replace("\\n", "\n").replace('"""', "'''")
    source = source.replace(_PROGRAM, f"PROGRAM: dict[str, Any] = json.loads(r'''{data}''')")
    return source.replace(_STORY, told)


def _order(line: str) -> tuple[bool, bool, str]:
    """Plain imports before the others, and what has to be installed last."""
    return "httpx" in line, line.startswith("from"), line


def _read(name: str) -> _Module:
    text = resources.files(_PACKAGE).joinpath(f"{name}.py").read_text("utf-8")
    tree = ast.parse(text)
    imports: list[str] = []
    typing_imports: list[str] = []
    end = 0
    for node in tree.body:
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.Import() | ast.ImportFrom():
                imports += _lines([node])
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                typing_imports += _lines(node.body)
            case _:
                break
        end = node.end_lineno or end
    code = "\n".join(text.splitlines()[end:]).strip() + "\n\n"
    return _Module(ast.get_docstring(tree, clean=False) or "", imports, typing_imports, code)


def _lines(nodes: Sequence[ast.stmt]) -> list[str]:
    """Imports, but for those that the file does without: of its own modules, and of the future, which comes first."""
    own = ("__future__", _PACKAGE)
    return [ast.unparse(n) for n in nodes if not (isinstance(n, ast.ImportFrom) and (n.module or "").startswith(own))]
