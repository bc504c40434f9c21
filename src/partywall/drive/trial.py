"""A trial: some tenants in the target, their sessions, and the history of what they did."""

from __future__ import annotations

import contextlib
import re
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from partywall.drive.crowd import Crowd
from partywall.drive.inline import READS_KEPT
from partywall.drive.load import Pace
from partywall.drive.recorder import SECRET_CHARS_MIN, Recorder
from partywall.drive.session import Session
from partywall.errors import Inconclusive, Violation
from partywall.marks import SERIALS, Marks
from partywall.model import LISTENS, History, Outcome, Tenant
from partywall.oracle.coverage import overlaps
from partywall.oracle.explain import explain
from partywall.oracle.judge import Judgement, judge
from partywall.oracle.kinds import worst_first
from partywall.program import CHOSEN, OPERATOR
from partywall.target import Credential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from partywall.drive.load import Loaded, Workflow
    from partywall.drive.provocations import Call, Provocation
    from partywall.drive.streams import Listening
    from partywall.model import Exchange, Finding, Request, Twins, Verdict
    from partywall.target import Target

# The first serials of a tenant are kept for what every tenant has, the last for credentials that it is issued.
NAME_SERIAL, CREDENTIAL_SERIAL, FIRST_SERIAL = 0, 1, 2
SECRET_BYTES = 24
MEETINGS_MAX = 8


class Trial:
    """Tenants, their sessions, and one history.

    Use as a context manager: leaving it without an error judges the history, and raises `Violation` or
    `Inconclusive` unless isolation held.

    Args:
        suffix: of every label, where the trial is one part of a larger one.

    Attributes:
        tenants: those who own things. control: the one who owns nothing.
        twins: who of them has twins that were alone; None for nobody.
    """

    def __init__(
        self,
        target: Target,
        key: bytes,
        first_number: int,
        count: int,
        *,
        suffix: str = "",
        timeout_s: float = 10.0,
        heard: Callable[[Exchange], None] = lambda _exchange: None,
        judged: Callable[[History, Judgement], None] = lambda _history, _judgement: None,
        refuses: Callable[[Finding], bool] = lambda _finding: True,
    ) -> None:
        self.target = target
        self.marks = Marks(key)
        self.twins: Twins | None = None
        self._judged = judged
        self._refuses = refuses
        labels = [chr(ord("A") + index) if index < 26 else f"T{index}" for index in range(count)]
        self.tenants = tuple(self._tenant(first_number + index, label + suffix) for index, label in enumerate(labels))
        self.control = self._tenant(first_number + count, "control" + suffix, control=True)
        self._serials = dict.fromkeys((t.number for t in self.everyone), FIRST_SERIAL)
        self._serial_lock = threading.Lock()
        credentials = {tenant: target.admit(tenant) for tenant in self.everyone}
        known = {
            secret: self.marks.mint(tenant.number, CREDENTIAL_SERIAL)
            for tenant, credential in credentials.items()
            for _, value in credential.headers
            for secret in _secrets(value)
        }
        if target.operator:
            operated = (secret for _, value in target.operator.headers for secret in _secrets(value))
            known |= dict.fromkeys(operated, "operator-credential")
        self._issued = 0
        policy = target.policy
        self._recorder = Recorder(known, heard, policy.log_ins, self._pseudonym, self.marks, policy.form_field)
        self._credentials = credentials
        self._timeout_s = max(timeout_s, target.patience_s)
        self._sessions: dict[tuple[Tenant, int], Session] = {}
        self._operators: dict[Tenant, Session] = {}
        self._crowd: Crowd | None = None
        self._releases = 0

    @property
    def everyone(self) -> tuple[Tenant, ...]:
        """The tenants and the control."""
        return (*self.tenants, self.control)

    @property
    def history(self) -> History:
        """What has happened so far."""
        accounts = tuple((tenant.number, each.account) for tenant, each in self._credentials.items())
        return History(self.marks.key, self.everyone, self._recorder.exchanges, accounts, self.twins)

    def mark(self, tenant: Tenant) -> str:
        """A new mark of a tenant."""
        with self._serial_lock:
            serial = self._serials[tenant.number]
            self._serials[tenant.number] = serial + 1
        return self.marks.mint(tenant.number, serial % SERIALS)

    def secret(self, tenant: Tenant) -> str:
        """A new secret of a tenant's choice, such as a password. Like all credentials it is never recorded."""
        chosen = secrets.token_urlsafe(SECRET_BYTES)
        self._recorder.hide(chosen, tenant.number, CHOSEN)
        return chosen

    def account(self, tenant: Tenant) -> str:
        """The service's own id of a tenant."""
        return self._credentials[tenant].account

    def session(self, tenant: Tenant, index: int = 0) -> Session:
        """A tenant's session; each index is a client of its own."""
        if (tenant, index) not in self._sessions:
            self._sessions[tenant, index] = Session(
                f"{tenant.label}/{index}",
                tenant,
                self._credentials[tenant],
                self.target,
                self._recorder,
                self._timeout_s,
            )
        return self._sessions[tenant, index]

    def send(self, tenant: Tenant, request: Request, *provocations: str) -> Exchange:
        """One request in the tenant's first session, alone."""
        return self.session(tenant).send(request, *provocations)

    def operate(self, tenant: Tenant, request: Request, *, opens: int | None = None) -> Exchange:
        """One request to the operator's interface, about a tenant. The path is relative to that interface.

        Args:
            opens: index of the tenant's session that goes on with the credential which the response issues.

        Raises:
            Inconclusive: the target has no such interface.
        """
        operator = self.target.operator
        if operator is None:
            raise Inconclusive(f"{request.operation}: the target has no operator's interface. Set Target.operator.")
        if tenant not in self._operators:
            self._operators[tenant] = Session(
                f"{tenant.label}/{OPERATOR}",
                tenant,
                Credential(operator.headers),
                self.target,
                self._recorder,
                self._timeout_s,
                operator.base_url,
            )
        if opens is None:
            return self._operators[tenant].send(request)
        return self._operators[tenant].send(request, f"opens:{opens}", opens=self.session(tenant, opens))

    def hang_up(self, tenant: Tenant, request: Request, after_ms: float) -> Exchange:
        """One request whose client hangs up after so many milliseconds."""
        return self.session(tenant).hang_up(request, after_ms)

    def together(self, calls: Sequence[tuple[Tenant | Session, Request]]) -> list[Exchange]:
        """Requests of several sessions, released at one moment, in the order given.

        A session's own come one after another; a tenant stands for its first session.
        """
        self._releases += 1
        provocation = f"together:{self._releases}"
        queues: dict[Session, list[tuple[int, Request]]] = {}
        for place, (caller, request) in enumerate(calls):
            session = caller if isinstance(caller, Session) else self.session(caller)
            queues.setdefault(session, []).append((place, request))
        barrier = threading.Barrier(len(queues))

        def run(session: Session, queue: list[tuple[int, Request]]) -> list[tuple[int, Exchange]]:
            barrier.wait()
            return [(place, session.send(request, provocation)) for place, request in queue]

        with ThreadPoolExecutor(len(queues)) as pool:
            running = [pool.submit(run, session, queue) for session, queue in queues.items()]
        done = [pair for future in running for pair in future.result()]
        return [exchange for _, exchange in sorted(done, key=lambda pair: pair[0])]

    def until_met(self, *operations: str, least: int = 1) -> Iterator[int]:
        """Numbers of attempts, from 0, until each operation was in flight together with another tenant's request: so
        many at least, and eight at most. On a busy machine requests that are released at one moment may still be sent
        one after the other.
        """
        for attempt in range(MEETINGS_MAX):
            if attempt >= least and {each for pair in overlaps(self.history) for each in pair}.issuperset(operations):
                return
            yield attempt

    def listen(
        self,
        streams: Sequence[tuple[Session, Request]],
        calls: Sequence[tuple[Tenant | Session, Request]],
        enough: Callable[[int, bytes], object],
    ) -> list[Exchange]:
        """Listen to streams that are open at once, while calls are made one after another.

        Args:
            enough: is what has come in the stream of this index enough? None is listened to for longer than the
                trial waits for an answer.

        Returns:
            The exchanges of the streams, then those of the calls.
        """
        self._releases += 1
        name = f"listening:{self._releases}"
        opened: list[Listening] = []
        try:
            opened += [session.listen(request, LISTENS, name) for session, request in streams]
            made = [
                (caller if isinstance(caller, Session) else self.session(caller)).send(request, name)
                for caller, request in calls
            ]
            until = time.monotonic() + self._timeout_s
            for index, each in enumerate(opened):
                each.wait(lambda received, index=index: enough(index, received), until)  # type: ignore[misc]
        finally:
            heard = [each.close() for each in opened]
        return [*heard, *made]

    def load(
        self,
        workflows: Sequence[Workflow],
        *,
        sessions: int,
        seconds: float,
        requests: int,
        rate: float | None = None,
        ramp_s: float = 0.0,
        reads_kept: int = READS_KEPT,
        restarts: int = 0,
    ) -> Loaded:
        """Load: many sessions of all tenants at once, each going through workflows drawn from these.

        Args:
            sessions: how many, shared out among the tenants; each has connections and cookies of its own.
            seconds, requests, rate, ramp_s: see `Pace`. Without a rate it is a closed loop.
            reads_kept: so many successful reads stay in memory for the oracles; see `InLine`.
            restarts: so many of the service's workers start anew meanwhile, one at a time (`Target.restart_worker`).

        Raises:
            Inconclusive: several sessions, and no two tenants' requests were ever in flight together.
        """
        pace = Pace(seconds, requests, rate, ramp_s)
        loaded = self.crowd.load(self.tenants, workflows, sessions, pace, reads_kept, restarts)
        tenants = min(sessions, len(self.tenants))
        require(loaded.overlaps or tenants < 2, f"a load of {sessions} sessions: no two tenants' requests overlapped")
        return loaded

    def provoke(self, calls: Sequence[Call], how: Provocation) -> list[Exchange]:
        """Make calls in this way, which the history names. A tenant's calls are those of one session.

        Returns:
            An exchange for each call and copy of it, in order.

        Raises:
            Inconclusive: several tenants' calls were released together, and none overlapped another tenant's.
        """
        self._releases += 1
        made = self.crowd.provoke(calls, how, self._releases, self.control)
        racing = made[1:] if how.cut else made
        if len({exchange.tenant for exchange in racing}) > 1 and not (how.pipelined or how.one_socket):
            overlapped = overlaps(History(self.marks.key, self.everyone, tuple(racing)))
            require(overlapped, f"{' '.join(how.names) or 'together'}: no two tenants' requests overlapped")
        return made

    @property
    def crowd(self) -> Crowd:
        """The sessions that are driven many at a time."""
        if self._crowd is None:
            self._crowd = Crowd(self.target, self._recorder, self.marks, self._credentials, self._timeout_s)
        return self._crowd

    def judge(self) -> Judgement:
        """Judge what has happened so far, tell the run, and raise `Violation` if somebody's data showed, or
        `Inconclusive` if something kept that from being known. What the run lets pass ends nothing early: there may be
        more to find."""
        __tracebackhide__ = True  # under pytest the story is told, not where it is told
        history = self.history
        judgement = judge(history, self.target.policy)
        self._judged(history, judgement)
        verdict = judgement.verdict.refused(self._refuses)
        if verdict.outcome is Outcome.VIOLATED:
            raise violation(history, verdict)
        if verdict.outcome is Outcome.INCONCLUSIVE:
            raise Inconclusive("; ".join(verdict.reasons))
        return judgement

    def close(self) -> None:
        """Close all connections."""
        if self._crowd is not None:
            self._crowd.close()
        for session in (*self._sessions.values(), *self._operators.values()):
            session.close()

    def _pseudonym(self, tenant: int) -> str:
        self._issued += 1
        return self.marks.mint(tenant, SERIALS - self._issued)

    def _tenant(self, number: int, label: str, *, control: bool = False) -> Tenant:
        name = f"Harbour {label} {self.marks.mint(number, NAME_SERIAL)}"
        return Tenant(number=number, label=label, name=name, control=control)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        try:
            if error is None:
                self.judge()
            elif not isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
                # A failure midway may be a leak's doing; then the leak is what has to be told.
                with contextlib.suppress(Inconclusive):
                    self.judge()
        finally:
            self.close()


def _secrets(header: str) -> list[str]:
    """A credential header's value and the long words in it, longest first: a service that shows the key in
    "Bearer KEY" shows it without the scheme."""
    words = [word for word in re.split(r"[\s=;,]+", header) if len(word) >= SECRET_CHARS_MIN]
    return sorted({header, *words}, key=len, reverse=True)


def violation(history: History, verdict: Verdict) -> Violation:
    """The error that tells what was found in a history, the worst first, each identity once."""
    distinct = {finding.identity: finding for finding in reversed(verdict.findings)}
    worst = worst_first(tuple(reversed(distinct.values())))
    stories = [explain(finding, history, verdict.warnings) for finding in worst]
    return Violation(worst_first(verdict.findings), "\n\n".join(stories))


def require(condition: object, reason: str) -> None:
    """Nothing is proven unless this holds: raises `Inconclusive` with the reason."""
    if not condition:
        raise Inconclusive(reason)
