"""What leaks and decoys have in common: they are chosen by name, built in, and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from clickdrop.leaks.leak import BOTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from clickdrop.parts import Parts


class Switch(Protocol):
    """What exchanges parts of the service, on the stacks that it is of."""

    @property
    def name(self) -> str:
        """What it is chosen by."""
        ...

    @property
    def stack(self) -> str:
        """Where it works: embedded, production or both."""
        ...

    @property
    def plant(self) -> Callable[[Parts], Parts]:
        """How to build it in."""
        ...


S = TypeVar("S", bound=Switch)


def chosen(word: str, known: Mapping[str, S], names: Sequence[str], stack: str) -> list[S]:
    """Answer the switches of these names; raises `ValueError` for one that there is not, or not on this stack."""
    switches = []
    for name in names:
        switch = known.get(name)
        if switch is None:
            listed = f"`clickdrop {word}s` lists them: {', '.join(known)}"
            raise ValueError(f"--{word}: there is no {word} {name!r}; {listed}")
        if switch.stack not in {BOTH, stack}:
            raise ValueError(f"--{word}: {name} is a {word} of the {switch.stack} stack: use --stack {switch.stack}")
        switches.append(switch)
    return switches


def plant(switches: Sequence[Switch], parts: Parts) -> Parts:
    """Answer the parts of a service with these switches on."""
    for switch in switches:
        parts = switch.plant(parts)
    return parts


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Answer a table for people."""
    lines = [heads, *rows]
    *widths, _ = (max(map(len, column)) for column in zip(*lines, strict=True))
    padded = ([*(f"{cell:{width}}" for cell, width in zip(line, widths, strict=False)), line[-1]] for line in lines)
    return "".join("  ".join(line) + "\n" for line in padded)
