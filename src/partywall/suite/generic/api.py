"""One API under test: its description, its plan, its tenants behind the gateway, and what the scout learned of it."""

from __future__ import annotations

import re
import ssl
import threading
import urllib.parse
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from partywall import places
from partywall.drive.trial import Trial
from partywall.errors import Inconclusive, UsageError
from partywall.policy import Grant, Policy
from partywall.schema import description as descriptions
from partywall.schema.plan import DELETE, MAKE, Plan, infer
from partywall.schema.template import Id
from partywall.suite.generic import checks, credentials, fetch, hooks, learned, wfc
from partywall.suite.generic.gateway import Account, Gateway
from partywall.suite.generic.guard import RATE_BEYOND_LOOPBACK, Budget, Hosts, is_loopback
from partywall.suite.generic.logins import Entrance
from partywall.suite.generic.scout import Found, Scout, require_reached
from partywall.suite.generic.served import serving
from partywall.suite.generic.settings import Settings, read_toml
from partywall.suite.isolation import GIVEN_TENANTS
from partywall.target import Credential, Party, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from partywall.config import Config
    from partywall.model import Tenant
    from partywall.schema.description import Description
    from partywall.schema.template import Open
    from partywall.suite.generic.credentials import Known, Proof

CLEAR_UP_S = 30.0
OWNERS, CONTROL = ("A", "B"), "control"
"""Labels of the first tenants that are listed, or of those that are made, and of a third."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_EARLY_MAX = 1_000


@dataclass
class Api:
    """An API under test.

    Attributes:
        given: its tenants were listed, and are the same in every trial.
        granted: who of them lets whom see what is its own, by their labels.
        trials: opened so far.
    """

    settings: Settings
    description: Description
    plan: Plan
    gateway: Gateway
    entrance: Entrance
    listed: list[Account]
    say: Callable[[str], None]
    granted: tuple[Grant, ...] = ()
    found: Found = field(default_factory=Found)
    policy: Policy = field(default_factory=lambda: Policy(operations=()))
    trials: int = 1
    _admitted: int = 0
    _accounts: dict[int, Account] = field(default_factory=dict)
    _parties: dict[str, Party] = field(default_factory=dict)
    _made: list[tuple[Account, str, dict[str, str]]] = field(default_factory=list)
    _early: list[tuple[Account, str, str, httpx.Response, bytes]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def given(self) -> bool:
        """Its tenants were listed."""
        return bool(self.listed)

    @property
    def trouble(self) -> list[str]:
        """What the gateway has had to give up."""
        spent = [self.gateway.budget.spent] if self.gateway.budget.spent else []
        lost = [f"tenant {a.known.name}: its credentials {a.trouble}" for a in self.gateway.accounts if a.trouble]
        return [*spent, *lost, *self.gateway.trouble]

    @property
    def twins(self) -> bool:
        """Can a tenant be alone here, so that twins can be compared?"""
        return learned.twins(self.settings, self.found)

    def target(self) -> Target:
        """The API as partywall sees it."""
        return Target(self.gateway.url, self.policy, self.admit, given=self.given, parties=self._parties)

    def admit(self, tenant: Tenant) -> Credential:
        """A tenant of a trial: the next that was listed, or a new one. The control is the next one too, or nobody."""
        index = self._admitted
        self._admitted = 0 if tenant.control else index + 1
        if self.listed:
            if index < len(self.listed):
                return self._entered(tenant, self.listed[index])
            if tenant.control:
                return Credential(())
            raise Inconclusive(f"tenant {tenant.label}: {len(self.listed)} tenants were listed, and no more")
        if self.settings.hook:
            known = hooks.known(self.settings, tenant)
        else:
            known = hooks.signed_up(self.settings, self.description, self.gateway, tenant)
        account = Account(known, self.entrance)
        account.open()
        self.gateway.accounts.append(account)
        return self._entered(tenant, account)

    def _entered(self, tenant: Tenant, account: Account) -> Credential:
        self._accounts[tenant.number] = account
        self._parties[tenant.label] = Party(account.proof.shown, credentials.note(account.known))
        return self._credential(account)

    def given_to(self, tenant: Tenant) -> Sequence[tuple[str, str | int]]:
        """Kind and id of what an admitted tenant has had from the start."""
        account = self._accounts.get(tenant.number)
        return account.known.owns if account else ()

    def called(self, tenant: Tenant) -> Sequence[str]:
        """What the settings call an admitted tenant, if they list it."""
        account = self._accounts.get(tenant.number)
        return (account.known.name,) if account and account in self.listed else ()

    def proof_of(self, tenant: Tenant) -> Proof:
        """How an admitted tenant proves itself at this moment."""
        return self._accounts[tenant.number].current()

    def _credential(self, account: Account) -> Credential:
        value = account.placeholder
        if account.header.lower() == "cookie":
            value = f"session={value}"
        elif account.header.lower() == "authorization":
            value = f"Bearer {value}"
        return Credential(((account.header, value),), account.known.account)

    def scout(self, config: Config) -> None:
        """Find what succeeds, and from that the policy. Raises `Inconclusive` if nothing does."""
        target = replace(self.target(), policy=Policy(operations=()))
        trial = Trial(target, config.key, GIVEN_TENANTS, 2, timeout_s=config.timeout_s)
        try:
            scout = Scout(self.description, self.plan, self.settings, trial, self.given_to)
            self.found = scout.found
            self.gateway.watch = self._watch
            scout.explore()
            require_reached(self.found, trial)
            if self.trouble:
                raise Inconclusive("; ".join(dict.fromkeys(self.trouble)))
            policy = learned.policy(self.description, self.plan, self.settings, self.found, trial.marks)
            names = zip((*OWNERS, CONTROL), (account.known.name for account in self.listed), strict=False)
            self.policy = replace(policy, granted=self.granted, names=tuple(names))
        finally:
            trial.close()
            self.clear_up()
        for operation, why in self.found.refused.items():
            self.say(f"no request was found for {operation}: {why}")
        if self.found.refused:
            self.say('Say what is to be sent ([operations.NAME.values]), or why it is not tested (exclude = "...").')

    @contextmanager
    def alone(self) -> Iterator[Target]:
        """The API, where nothing is left that the run has made and can remove."""
        self.clear_up()
        yield self.target()
        self.clear_up()

    def _watch(self, account: Account | None, method: str, path: str, answer: httpx.Response, body: bytes) -> None:
        """Remember what was made, and forget what was removed, whoever in this process did it."""
        if account is None or not answer.is_success:
            return
        path = urllib.parse.urlsplit(path).path
        understood = False
        for recipe in list(self.found.recipes.values()):
            if recipe.template.method != method or recipe.role not in (MAKE, DELETE):
                continue
            names = [name for name, _ in recipe.template.values]
            pattern = re.escape(recipe.template.path)
            for name in names:
                pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?P<p{names.index(name)}>[^/]+)")
            match = re.search(pattern + "$", path)
            if match is None:
                continue
            understood = True
            at = {name: urllib.parse.unquote(match[f"p{index}"]) for index, name in enumerate(names)}
            self._note(account, recipe, at, answer, body)
        if not understood and method not in _READS and len(self._early) < _EARLY_MAX:
            self._early.append((account, method, path, answer, body))

    def _note(self, account: Account, recipe: Any, at: dict[str, str], answer: httpx.Response, body: bytes) -> None:
        ids = {slot.kind: at[slot.name] for slot in self.plan.of(recipe.operation).slots if slot.name in at}
        if recipe.role == MAKE and recipe.ids:
            id_ = ids.get(recipe.kind)
            if recipe.ids == "header:location":
                id_ = answer.headers.get("location", "").partition("?")[0].rstrip("/").rpartition("/")[2]
            elif not recipe.ids.startswith("path:"):
                found = places.find(places.parse(body), recipe.ids)
                id_ = str(found[0][1]) if found else None
            if id_:
                with self._lock:
                    self._made.append((account, recipe.kind, {**ids, recipe.kind: id_}))
        elif recipe.role == DELETE:
            with self._lock:
                self._made = [each for each in self._made if not (each[1] == recipe.kind and each[2] == ids)]

    def _remembered(self) -> list[tuple[Account, str, dict[str, str]]]:
        """All that was made and is still there, the first first, and forget it. What was made before it was known what
        its operation makes is understood by now."""
        with self._lock:
            early, self._early = self._early, []
            later, self._made = self._made, []
        for call in early:
            self._watch(*call)
        with self._lock:
            made, self._made, self._early = [*self._made, *later], [], []
        return made

    def clear_up(self) -> None:
        """Remove all that was made and is still there, the latest first. What can't be removed is left."""
        if self.settings.keep:
            return
        made = self._remembered()
        removers = {recipe.kind: recipe for recipe in self.found.recipes.values() if recipe.role == DELETE}
        self.gateway.free = True
        try:
            with httpx.Client(timeout=5.0, trust_env=False, verify=self.gateway.verify) as client:
                for account, kind, ids in reversed(made):
                    if kind in removers:
                        name, value = self._credential(account).headers[0]
                        request = removers[kind].template.filled(partial(_id_of, ids))
                        try:
                            client.request(request.method, self.gateway.url + request.path, headers={name: value})
                        except httpx.HTTPError:
                            continue
        finally:
            self.gateway.free = False


@contextmanager
def opened(settings: Settings, say: Callable[[str], None]) -> Iterator[Api]:
    """An API, reached and with its tenants proven; nothing has been tried yet.

    Raises:
        UsageError: something in the settings, the description or the credentials has to be put right.
        Inconclusive: the service does not answer.
    """
    hosts = Hosts(settings.allow_hosts)
    for host in settings.allow_hosts:
        if not is_loopback(host):
            say(f"WARNING: this run makes, changes and removes data on {host}, which is not this machine")
    with ExitStack() as stack:
        base = settings.base_url
        if settings.app:
            if base:
                raise UsageError("--app serves the application itself: expected no --base-url beside it")
            base = stack.enter_context(serving(settings.app, settings.folder))
        verify = tls(settings)
        api_description, plan = described(settings, hosts, base)
        hooks.check(settings, api_description)
        base = hosts.check(_base_url(settings, api_description, base), "--base-url")
        if (read_from := _elsewhere(settings, base)) and not settings.base_url:
            say(f"tested is {base}, as the description says, which was read from {read_from}: --base-url says another")
        far = not is_loopback(urllib.parse.urlsplit(base).hostname or "")
        rate = settings.rate or (RATE_BEYOND_LOOPBACK if far else 0.0)
        budget = Budget(settings.requests, settings.seconds, rate)
        entrance = Entrance(base, hosts, verify)
        listed = [Account(known, entrance) for known in tenants(settings)]
        for account in listed:
            account.open()
        _refuse_twins(listed)
        _refuse_unknown_kinds(listed, plan)
        granted = tuple(_granted(settings, listed))
        gateway = stack.enter_context(Gateway(base, budget, verify, list(listed)))
        api = Api(settings, api_description, plan, gateway, entrance, listed, say, granted)
        _refuse_strangers(api)
        stack.callback(api.clear_up)
        yield api


def described(settings: Settings, hosts: Hosts, base: str = "") -> tuple[Description, Plan]:
    """The description and the plan; ``base`` is what a description's relative URL counts from."""
    source = settings.openapi
    if base and source.startswith("/") and not (settings.folder / source).is_file():
        source = base.rstrip("/") + source
    text = fetch.description(source, settings.folder, hosts, tls(settings))
    found = descriptions.read(text, source)
    checks.operations(settings, found)
    return found, infer(found, settings.operations)


def _id_of(ids: Mapping[str, str], place: Open) -> str:
    return ids.get(place.kind, "") if isinstance(place, Id) else ""


def _base_url(settings: Settings, found: Description, base: str) -> str:
    """Where the service is. A path that the description declares counts from where it was read, or from the app."""
    if base and not settings.app:
        return base.rstrip("/")
    if found.base.startswith(("http://", "https://")) and not settings.app:
        return found.base
    origin = base or (settings.openapi if settings.openapi.startswith(("http://", "https://")) else "")
    if not origin:
        raise UsageError("the description names no host: expected --base-url http://host:port/prefix")
    parts = urllib.parse.urlsplit(origin)
    path = urllib.parse.urlsplit(found.base).path
    return f"{parts.scheme}://{parts.netloc}{path}".rstrip("/")


def _elsewhere(settings: Settings, base: str) -> str:
    """Where the description was read from, if that is not where the service is: it may be before a proxy, or behind."""
    source = urllib.parse.urlsplit(settings.openapi)
    same = source.netloc == urllib.parse.urlsplit(base).netloc
    return "" if same or source.scheme not in ("http", "https") else source.netloc


def tls(settings: Settings) -> ssl.SSLContext:
    """What the service's certificate is verified by. Raises `UsageError` if that can't be read."""
    context = httpx.create_ssl_context()
    if settings.ca_file:
        try:
            context.load_verify_locations(str(settings.folder / settings.ca_file))
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"ca-file: {settings.ca_file} can't be used: {error}") from error
    return context


def tenants(settings: Settings) -> list[Known]:
    """The tenants that were listed; none if they are made. Raises `UsageError` if neither can be."""
    told, source = list(settings.tenant), "settings"
    folder = settings.folder
    if settings.tenants:
        path = settings.folder / settings.tenants
        source, folder = settings.tenants, path.parent
        entries = wfc.read(path)
        if entries is None:
            entries = read_toml(path).get("tenant", [])
            if not isinstance(entries, list):
                raise UsageError(f"{source}: tenant: expected a list of tables (write [[tenant]])")
        told += entries
    found = credentials.known(told, folder, source)
    if len(found) == 1:
        raise UsageError(f"{source}: expected two tenants or more, whose data must stay apart; came one")
    if not found and not settings.hook and not settings.sign_up:
        raise UsageError("no tenants: expected --tenants FILE with two or more, or 'sign-up' or 'hook' in the settings")
    return found


def _granted(settings: Settings, listed: list[Account]) -> Iterator[Grant]:
    """The grants by the labels that tenants have in trials. Raises `UsageError` for a tenant that none of them has."""
    named = {account.known.name: label for account, label in zip(listed, OWNERS, strict=False)}
    labels = dict.fromkeys(OWNERS) | named
    for each in settings.granted:
        for key in ("owner", "viewer"):
            if str(each[key]) not in labels:
                raise UsageError(
                    f"settings: granted: expected as {key} one of the tenants that own something: "
                    f"{', '.join(map(str, labels))}; came {each[key]!r}"
                )
        owner, viewer = (named.get(str(each[key]), str(each[key])) for key in ("owner", "viewer"))
        if owner == viewer:
            raise UsageError(f"settings: granted: expected two tenants; came {each['owner']!r} and {each['viewer']!r}")
        yield Grant(owner, viewer, str(each["reason"]))


def _refuse_twins(accounts: list[Account]) -> None:
    for index, one in enumerate(accounts):
        for other in accounts[:index]:
            certificates = [[c for c in a.known.credentials if c["kind"] == "mtls"] for a in (one, other)]
            if one.proof.fingerprint == other.proof.fingerprint and certificates[0] == certificates[1]:
                raise UsageError(
                    f"tenants {other.known.name} and {one.known.name} have the same credentials: what one sees, the "
                    "other may see. Give each its own."
                )


def _refuse_unknown_kinds(accounts: list[Account], plan: Plan) -> None:
    kinds = [kind.name for kind in plan.kinds]
    for account in accounts:
        for kind, _ in account.known.owns:
            if kind not in kinds:
                raise UsageError(
                    f"tenant {account.known.name}: owns: no operation is about a {kind!r}; expected some of: "
                    f"{', '.join(kinds)}"
                )


def _refuse_strangers(api: Api) -> None:
    """Each tenant's credentials are tried on a read before anything runs. Raises `UsageError` if they are refused."""
    reads = [
        op
        for op in api.description.operations
        if op.method == "GET" and not op.slots and op.guarded and not any(p.required for p in op.parameters)
    ]
    for account in api.listed:
        refused: list[str] = []
        with httpx.Client(timeout=20.0, trust_env=False, verify=api.gateway.verify) as client:
            for operation in reads[:5]:
                name, value = api._credential(account).headers[0]  # its own module's
                try:
                    answer = client.get(api.gateway.url + operation.path, headers={name: value})
                except httpx.HTTPError as error:
                    why = "; ".join(api.trouble) or f"{type(error).__name__}: {error}"
                    raise Inconclusive(f"{operation.name}: the service does not answer: {why}") from error
                if answer.status_code not in (401, 403):
                    break
                refused.append(f"{operation.name} came {answer.status_code}")
            else:
                if refused:
                    raise UsageError(
                        f"tenant {account.known.name}: its credentials are refused, or expired: {', '.join(refused)}"
                    )
