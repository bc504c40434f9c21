"""Click & Drop through the generic door alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts.generic_leaks_found import CLEAN, examined

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("leak", [CLEAN, "order-read-without-tenant"])
def test_click_and_drop(tmp_path: Path, leak: str) -> None:
    """Sound, it is held; with a planted leak that any API's traffic can meet, it is violated. The script tries more."""
    assert examined(leak, tmp_path, *(() if leak == CLEAN else ("-k", "foreign")))
