"""A described application on the explorer's stage: all that is explored of it, without anybody's credentials."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from partywall.config import Config
from partywall.errors import UsageError
from partywall.explore import Client, Programme, Subject, loaded
from partywall.model import Tenant
from partywall.suite.generic import hooks
from partywall.suite.generic.api import tenants, tls
from partywall.suite.generic.credentials import RENEWED
from partywall.suite.generic.guard import Hosts
from partywall.suite.generic.logins import Entrance
from partywall.suite.generic.served import serving
from partywall.suite.generic.settings import load
from partywall.suite.isolation import GIVEN_TENANTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from partywall.model import Request
    from partywall.policy import Policy
    from partywall.suite.generic.credentials import Known, Proof
    from partywall.suite.generic.settings import Settings


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

    settings: Mapping[str, str]
    seed: int
    names: tuple[str, ...]
    policy: Policy
    base: str = ""
    before: Mapping[str, tuple[Request, ...]] = field(default_factory=dict)
    after: Mapping[str, tuple[Request, ...]] = field(default_factory=dict)
    lines: bool = True

    def subject(self) -> Subject:
        """The application."""
        settings = load(Path.cwd(), dict(self.settings))
        hooks.named(settings.app, settings.folder, "--app")
        return Subject(loaded(settings.app), self.policy, base=self.base, lines=_own_code(settings) if self.lines else ())

    def programme(self, entrance: Entrance | None = None) -> Programme:
        """The tenants as clients, with the credentials that the settings have.

        Args:
            entrance: where who has to logs in; by default at the application, served for as long as that takes.
        """
        settings = load(Path.cwd(), dict(self.settings))
        known = {each.name: each for each in listed(settings)}
        if missing := [name for name in self.names if name not in known]:
            raise UsageError(f"expected a tenant called {missing[0]} in the settings; came {', '.join(known)}")
        mine = [known[name] for name in self.names]
        logging_in = any(each["kind"] in RENEWED for one in mine for each in one.credentials)
        served = serving(settings.app, settings.folder) if entrance is None and logging_in else nullcontext("")
        with served as base:
            entrance = entrance or Entrance(base, Hosts(settings.allow_hosts), tls(settings))
            proofs = [entrance.prove(each) for each in mine]
        clients = tuple(
            Client(
                tenant.label,
                tenant,
                _carried(tenant.label, proof),
                (),
                self.before.get(tenant.label, ()),
                self.after.get(tenant.label, ()),
            )
            for tenant, proof in zip(self._tenants(), proofs, strict=True)
        )
        return Programme(Config(self.seed, settings.folder).key, self._tenants(), clients)

    def _tenants(self) -> tuple[Tenant, ...]:
        # Their numbers are those that the scout gave the same accounts: what it left behind is their own.
        return tuple(Tenant(GIVEN_TENANTS + index, name, name) for index, name in enumerate(self.names))


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
