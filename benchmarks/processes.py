"""Other processes, as /proc tells of them; for Linux."""

from __future__ import annotations

from pathlib import Path


def parents() -> dict[int, int]:
    """Each process's parent."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    return found


def family(ancestor: int) -> set[int]:
    """A process and all that it started, and they in their turn."""
    of = parents()
    family = {ancestor}
    while more := {pid for pid, parent in of.items() if parent in family} - family:
        family |= more
    return family


def children(parent: int, words: str) -> list[int]:
    """The processes that a process has started whose command has these words in it."""
    found = []
    for pid, of in parents().items():
        try:
            if of == parent and words in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode():
                found.append(pid)
        except OSError:
            continue
    return found
