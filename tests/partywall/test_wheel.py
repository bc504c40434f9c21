"""What is shipped."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_partywall_alone(tmp_path: Path) -> None:
    """Neither the reference service nor this repository's suite is in it; all modules are."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    (wheel,) = tmp_path.iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    version = wheel.name.split("-")[1]
    assert {name.partition("/")[0] for name in names} == {"partywall", f"partywall-{version}.dist-info"}
    modules = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src" / "partywall").rglob("*.py")}
    assert modules <= set(names)
    assert "partywall/py.typed" in names
