"""A described application on the explorer's stage: all that is explored of it, without anybody's credentials."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from partywall.config import Config
from partywall.errors import Inconclusive, UsageError
from partywall.explore import Client, Programme, Schedule, Subject, loaded
from partywall.explore.run import Runner
from partywall.explore.strategies.planned import Planned
from partywall.model import Request, Tenant
from partywall.suite.generic import hooks
from partywall.suite.generic.api import tenants, tls
from partywall.suite.generic.guard import Hosts
from partywall.suite.generic.logins import Entrance
from partywall.suite.generic.settings import load
from partywall.suite.isolation import GIVEN_TENANTS

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from partywall.policy import Policy
    from partywall.suite.generic.credentials import Known, Proof
    from partywall.suite.generic.settings import Settings

INSIDE = "http://127.0.0.1"
"""What the application is called by who logs in."""
_OWN = frozenset({"host", "content-length", "cookie", "connection", "accept-encoding", "user-agent"})
"""Headers that a session adds itself, or that say nothing."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is explored. Data, so that it can be written out.

    Attributes:
        settings: word -> value over those of the settings file here: where application, description and tenants are.
        seed: of the marks.
        names: the two tenants, as the settings call them.
        policy, base: as in `Subject`.
        before, after: tenant -> requests, as in `Client`.
        lines: each line that the application runs in a thread is a step.
    """

    settings: Mapping[str, Any]
    seed: int
    names: tuple[str, ...]
    policy: Policy
    base: str = ""
    before: Mapping[str, tuple[Request, ...]] = field(default_factory=dict)
    after: Mapping[str, tuple[Request, ...]] = field(default_factory=dict)
    lines: bool = True

    def subject(self) -> Subject:
        """The application."""
        settings = self._settings()
        hooks.named(settings.app, settings.folder, "--app")
        return Subject(
            loaded(settings.app), self.policy, base=self.base, lines=_own_code(settings) if self.lines else ()
        )

    def programme(self) -> Programme:
        """The tenants as clients, with the credentials that the settings have. Who has to log in does so in an instance
        of the application, and again in each that is explored."""
        settings = self._settings()
        known = {each.name: each for each in listed(settings)}
        if missing := [name for name in self.names if name not in known]:
            raise UsageError(f"expected a tenant called {missing[0]} in the settings; came {', '.join(known)}")
        programme = Programme(
            Config(self.seed, settings.folder).key,
            self._tenants(),
            tuple(
                Client(each.label, each, (), (), self.before.get(each.label, ()), self.after.get(each.label, ()))
                for each in self._tenants()
            ),
        )
        verify = tls(settings)
        with Runner(self.subject()) as runner:
            for name in self.names:
                door = Door(runner, programme, name, verify)
                entrance = Entrance(f"{INSIDE}{self.base}", Hosts(settings.allow_hosts), verify, door)
                credential = _carried(name, entrance.prove(known[name]))
                programme = door.programme_with(credential)
        return programme

    def _settings(self) -> Settings:
        words = {word: list(each) if isinstance(each, tuple) else each for word, each in self.settings.items()}
        return load(Path.cwd(), words)

    def _tenants(self) -> tuple[Tenant, ...]:
        # Their numbers are those that the scout gave the same accounts: what it left behind is their own.
        return tuple(Tenant(GIVEN_TENANTS + index, name, name) for index, name in enumerate(self.names))


class Door(httpx.BaseTransport):
    """Log-ins' way to the application: each request is sent in a fresh instance, behind all those before it."""

    def __init__(self, runner: Runner, programme: Programme, name: str, verify: ssl.SSLContext) -> None:
        self._runner, self._programme, self._name = runner, programme, name
        self._outside = httpx.HTTPTransport(verify=verify, trust_env=False)
        self._sent: tuple[Request, ...] = ()

    def programme_with(self, credential: tuple[tuple[str, str], ...]) -> Programme:
        """The programme with what was sent here, and what it led to."""
        clients = tuple(
            replace(each, credential=credential, opening=self._sent) if each.name == self._name else each
            for each in self._programme.clients
        )
        return replace(self._programme, clients=clients)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. To another host, where that is allowed, it goes over the network."""
        if f"{request.url.scheme}://{request.url.host}" != INSIDE:
            return self._outside.handle_request(request)
        headers = tuple((name, value) for name, value in request.headers.items() if name not in _OWN)
        path = request.url.raw_path.decode("ascii")
        self._sent += (Request("log-in", request.method, path, headers=headers, body=request.read()),)
        opening = self.programme_with(())
        alone = replace(opening, clients=tuple(replace(each, before=(), after=()) for each in opening.clients))
        run = self._runner.run(alone, Planned(), Schedule(alone.names))
        if run.judgement is None:
            raise Inconclusive("; ".join(run.verdict.reasons))
        answer = [each for each in run.opened if each.session == self._name][-1]
        if answer.status is None:
            raise httpx.ReadError(answer.fault, request=request)
        return httpx.Response(answer.status, headers=answer.headers, stream=httpx.ByteStream(answer.body))


def listed(settings: Settings) -> list[Known]:
    """The tenants of the settings. Raises `UsageError` if there are none that each instance knows."""
    if settings.sign_up:
        raise UsageError(
            "sign-up: each schedule begins with an instance in which nobody has signed up; expected --tenants FILE or "
            "'hook' with two tenants that every instance of the application knows"
        )
    if settings.hook and not settings.tenants and not settings.tenant:
        return [replace(hooks.known(settings, Tenant(0, label, label)), name=label) for label in "AB"]
    return tenants(settings)


def _carried(name: str, proof: Proof) -> tuple[tuple[str, str], ...]:
    if proof.query:
        raise UsageError(f"tenant {name}: expected credentials in headers or cookies; came one in the query")
    cookies = "; ".join(f"{key}={value}" for key, value in proof.cookies.items())
    return (*proof.headers.items(), *((("Cookie", cookies),) if cookies else ()))


def _own_code(settings: Settings) -> tuple[str, ...]:
    """The application's own files: its module's, or all of its package."""
    module = sys.modules[settings.app.partition(":")[0].partition(".")[0]]
    if paths := getattr(module, "__path__", None):
        return tuple(f"{path}{os.sep}" for path in paths)
    return (module.__file__,) if module.__file__ else ()
