"""Programmes: requests that can be sent again, in other tenants' names, to another instance of the service.

What earlier responses decided (ids, page tokens) stands in a step as a `Bound` value, to be filled in
while the programme runs. Marks stand as recorded; they name their tenant, so they can be minted anew.
"""

from __future__ import annotations

import re
import urllib.parse
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

OPERATOR = "operator"
"""Name of the session in which the service's operator acts for a tenant."""

CHOSEN = "secret-"
"""What the pseudonym of a secret begins with that a tenant chose itself: whoever plays it chooses another."""

CHOSEN_SECRET = re.compile(rf"{CHOSEN}[0-9a-z]+")

LISTENED_S = 2.0
"""For how long a replay listens to answers that go on, after all else has been sent."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_YET = frozenset({404, 409, 425})
"""How a service answers who asks for something before it is there."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A value in the response of an earlier step, by its place in the JSON document."""

    step: int
    place: str


@dataclass(frozen=True, slots=True)
class Account:
    """The service's own id of the tenant that plays a role."""

    role: str


Source = Answered | Account


@dataclass(frozen=True, slots=True)
class Bound:
    """A value that is known only while a programme runs, and how it is written.

    Attributes:
        percent: how many times it is percent-encoded.
        safe: characters that encoding leaves alone, besides those that it always does.
    """

    source: Source
    percent: int = 0
    safe: str = ""


Template = tuple[str | Bound, ...]
"""Text with values left open."""


def fill(template: Template, value: Callable[[Source], str], text: Callable[[str], str] = str) -> str:
    """The text, with a value from each source, written as its place demands, and the rest changed by ``text``."""
    written = []
    for part in template:
        if isinstance(part, str):
            written.append(text(part))
        else:
            found = value(part.source)
            for _ in range(part.percent):
                found = urllib.parse.quote(found, safe=part.safe)
            written.append(found)
    return "".join(written)


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a programme.

    Attributes:
        number: unique in its programme, and rising with it; bindings name steps by it.
        role: who sends it. session: which of the role's clients; None for the operator, who acts for the role.
        url: path and query, relative to the service's base URL, encoded.
        body: text; a body that is not UTF-8 is kept as it is, in ``binary``.
        group: steps of one group are released together; None for one that is sent alone.
        hang_up_ms: the client closes its socket after so many milliseconds; None if it waits.
        slow_upstream_ms: what the service leans on is about so late meanwhile, where something makes it so.
        opens: the role's client that goes on with the credential which the operator has issued; None if none does.
        wait_s: how long after the answer before it this is sent.
        listens: its answer goes on, and is listened to while the steps after it run.
        succeeded: it was answered with success when it was recorded.
        missed: it should have shown what is its role's own, and did not.
    """

    number: int
    role: str
    session: int | None
    operation: str
    method: str
    url: Template
    headers: tuple[tuple[str, Template], ...] = ()
    body: Template = ()
    binary: bytes = b""
    group: int | None = None
    hang_up_ms: float | None = None
    slow_upstream_ms: float = 0.0
    opens: int | None = None
    wait_s: float = 0.0
    listens: bool = False
    succeeded: bool = False
    missed: bool = False

    @property
    def racing(self) -> bool:
        """Does its outcome hang on timing?"""
        return self.group is not None or self.hang_up_ms is not None

    @property
    def bound(self) -> Iterator[Bound]:
        """The values left open."""
        for template in (self.url, self.body, *(value for _, value in self.headers)):
            yield from (part for part in template if isinstance(part, Bound))

    @property
    def needs(self) -> set[int]:
        """The steps whose responses it takes values from."""
        return {bound.source.step for bound in self.bound if isinstance(bound.source, Answered)}

    @property
    def literal(self) -> str:
        """All of its text that is not bound, for scanning."""
        templates = (self.url, self.body, *(value for _, value in self.headers))
        return "\n".join(part for template in templates for part in template if isinstance(part, str))

    def edited(self, *, text: Callable[[str], str], bound: Callable[[Bound], Bound]) -> Step:
        """A copy with its text and its bound values changed."""

        def edit(template: Template) -> Template:
            return tuple(text(part) if isinstance(part, str) else bound(part) for part in template)

        return replace(
            self,
            url=edit(self.url),
            headers=tuple((name, edit(value)) for name, value in self.headers),
            body=edit(self.body),
        )


@dataclass(frozen=True, slots=True)
class Role:
    """A part that a tenant plays.

    Attributes:
        name: as steps name it.
        tenant: the number in the marks that its text carries.
        tenant_name: what the service called that tenant.
        label: the tenant's label in the history that the programme was taken from.
    """

    name: str
    tenant: int
    tenant_name: str
    label: str


@dataclass(frozen=True)
class Program:
    """Steps in order of calling, and who plays in them."""

    roles: tuple[Role, ...]
    steps: tuple[Step, ...]
    _by_number: dict[int, Step] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_number", {step.number: step for step in self.steps})

    def step(self, number: int) -> Step:
        """A step by its number."""
        return self._by_number[number]

    @property
    def racy(self) -> bool:
        """Does its outcome hang on timing?"""
        return any(step.racing for step in self.steps)

    @property
    def looks_after_hang_up(self) -> bool:
        """Does it end in a read, after clients that hung up? What they left unread may shift the answers, so that
        each look at one rhythm gets one that shows nothing: another look breaks it."""
        *before, last = self.steps
        hung_up = any(step.hang_up_ms is not None for step in before)
        return hung_up and last.hang_up_ms is None and last.method in SAFE_METHODS

    def awaits(self, step: Step) -> bool:
        """Does a step read what its own role has had made, and got it when it was recorded or should have? It may have
        to be asked for until it is there: a job makes it. What is missed while others ask is asked for alone before."""
        alone = not step.racing and step.succeeded
        reads = step.hang_up_ms is None and step.session is not None and step.method in SAFE_METHODS
        own = {self.step(number).role for number in step.needs} == {step.role}
        return reads and own and (alone or step.missed)

    @property
    def tail(self) -> int | None:
        """Index of the step from which a further attempt may begin, by the same tenants.

        The set-up need not be repeated for each attempt at a race that only reads. None if what races writes:
        it may use up what the set-up made, or make twice what can only be made once.
        """
        first = next((i for i, step in enumerate(self.steps) if step.racing), 0)
        return first if all(step.method in SAFE_METHODS for step in self.steps[first:]) else None

    def keep(self, numbers: AbstractSet[int]) -> Program:
        """These steps and all that they take values from."""
        wanted, waiting = set(numbers), list(numbers)
        while waiting:
            new = self.step(waiting.pop()).needs - wanted
            wanted |= new
            waiting += new
        return self.having([step for step in self.steps if step.number in wanted])

    def without(self, numbers: AbstractSet[int]) -> Program:
        """All but these steps and those that take values from them."""
        gone = set(numbers)
        kept = []
        for step in self.steps:
            if step.number in gone or step.needs & gone:
                gone.add(step.number)
            else:
                kept.append(step)
        return self.having(kept)

    def sequential(self, groups: AbstractSet[int] | None = None) -> Program:
        """One request after another instead of together: in these groups, or in all."""
        return self.having([replace(s, group=None) if groups is None or s.group in groups else s for s in self.steps])

    def patient(self, numbers: AbstractSet[int] | None = None) -> Program:
        """Clients that wait for their answer instead of hanging up: in these steps, or in all."""
        return self.having(
            [replace(s, hang_up_ms=None) if numbers is None or s.number in numbers else s for s in self.steps]
        )

    def together(self, numbers: AbstractSet[int]) -> Program:
        """With these steps released together, when the last of them was sent."""
        group = 1 + max((step.group for step in self.steps if step.group is not None), default=-1)
        alone = [step for step in self.steps if step.number not in numbers]
        before = [step for step in alone if step.number < max(numbers)]
        released = [replace(step, group=group) for step in self.steps if step.number in numbers]
        return self.having([*before, *released, *alone[len(before) :]])

    def unslowed(self) -> Program:
        """With nothing slow behind the service."""
        return self.having([replace(step, slow_upstream_ms=0.0) for step in self.steps])

    def hanging_up(self, after_ms: float) -> Program:
        """With this delay before clients hang up."""
        return self.having([s if s.hang_up_ms is None else replace(s, hang_up_ms=after_ms) for s in self.steps])

    def cast(self, role: str, onto: str, remint: Callable[[str, dict[int, int]], str]) -> Program:
        """Another role does what this role did, in sessions of its own.

        Args:
            remint: gives a text the marks of other tenants (old number -> new number).
        """
        by_name = {each.name: each for each in self.roles}
        marks = {by_name[role].tenant: by_name[onto].tenant}
        theirs = [step for step in self.steps if step.role == onto]
        sessions = 1 + max((max(step.session or 0, step.opens or 0) for step in theirs), default=-1)

        def rebound(bound: Bound) -> Bound:
            return replace(bound, source=Account(onto)) if bound.source == Account(role) else bound

        return self.having(
            [
                replace(
                    step.edited(text=lambda text: remint(text, marks), bound=rebound),
                    role=onto if step.role == role else step.role,
                    session=_moved(step.session, sessions if step.role == role else 0),
                    opens=_moved(step.opens, sessions if step.role == role else 0),
                )
                for step in self.steps
            ]
        )

    def labelled(self, names: AbstractSet[str], label: str) -> Program:
        """With another label for these roles."""
        return replace(self, roles=tuple(replace(r, label=label) if r.name in names else r for r in self.roles))

    def renamed(self) -> Program:
        """Roles named A, B, ... and steps and groups numbered from 0."""
        names = {
            role.name: chr(ord("A") + index) if index < 26 else f"T{index}" for index, role in enumerate(self.roles)
        }
        numbers = {step.number: index for index, step in enumerate(self.steps)}
        groups = {group: i for i, group in enumerate(dict.fromkeys(s.group for s in self.steps if s.group is not None))}

        def rebound(bound: Bound) -> Bound:
            match bound.source:
                case Answered(step, place):
                    return replace(bound, source=Answered(numbers[step], place))
                case Account(role):
                    return replace(bound, source=Account(names[role]))

        return Program(
            roles=tuple(replace(role, name=names[role.name]) for role in self.roles),
            steps=tuple(
                replace(
                    step.edited(text=str, bound=rebound),
                    number=numbers[step.number],
                    role=names[step.role],
                    group=None if step.group is None else groups[step.group],
                )
                for step in self.steps
            ),
        )

    def having(self, steps: list[Step]) -> Program:
        """A programme of these steps: only the roles that are left, no group of one session."""
        sessions = Counter(group for group, _, _ in {(s.group, s.role, s.session) for s in steps})
        present = {step.role for step in steps}
        present |= {b.source.role for s in steps for b in s.bound if isinstance(b.source, Account)}
        return Program(
            roles=tuple(role for role in self.roles if role.name in present),
            steps=tuple(replace(s, group=None) if sessions[s.group] < 2 else s for s in steps),
        )


def _moved(session: int | None, by: int) -> int | None:
    return None if session is None else session + by
