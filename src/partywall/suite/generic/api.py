"""One API under test: its description, its plan, its tenants behind the gateway, and what the scout learned of it."""

from __future__ import annotations

import re
import ssl
import threading
import urllib.parse
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import httpx

from partywall import places
from partywall.drive.trial import Trial
from partywall.errors import Inconclusive, UsageError
from partywall.events import LeftBehind, left_behind
from partywall.policy import Grant, Policy
from partywall.schema import description as descriptions
from partywall.schema.plan import DELETE, LIST, MAKE, READ, Plan, infer
from partywall.schema.template import Id
from partywall.suite.generic import checks, credentials, drafts, fetch, hooks, learned, wfc
from partywall.suite.generic.gateway import CLIENT_S, TRIES_MAX, Account, Gateway
from partywall.suite.generic.guard import RATE_BEYOND_LOOPBACK, Budget, Hosts, is_loopback
from partywall.suite.generic.logins import Entrance
from partywall.suite.generic.person import Recipe
from partywall.suite.generic.scout import Found, Scout, require_reached
from partywall.suite.generic.served import serving
from partywall.suite.generic.settings import Settings, read_toml
from partywall.suite.isolation import GIVEN_TENANTS
from partywall.target import Credential, Party, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from partywall.config import Config
    from partywall.events import Subscriber
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
    _left: dict[tuple[str, str, object], str] = field(default_factory=dict)
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
        return Target(
            self.gateway.url,
            self.policy,
            self.admit,
            given=self.given,
            patience_s=CLIENT_S,
            parties=self._parties,
        )

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
        """The API, where nothing is left that the run has made and can remove. Raises `Inconclusive` if it can't."""
        if not self.clear_up():
            raise Inconclusive("no tenant is alone: the service did not remove all that was to be removed")
        yield self.target()
        self.clear_up()

    def _watch(
        self,
        account: Account | None,
        method: str,
        path: str,
        answer: httpx.Response,
        body: bytes,
        planned: Sequence[Recipe] = (),
    ) -> None:
        """Remember what was made, and forget what was removed, whoever in this process did it."""
        if account is None or not answer.is_success:
            return
        path = urllib.parse.urlsplit(path).path
        prefix = re.escape(urllib.parse.urlsplit(self.gateway.url).path)
        understood = False
        for recipe in [*self.found.recipes.values(), *planned]:
            if recipe.template.method != method or recipe.role not in (MAKE, DELETE):
                continue
            names = [name for name, _ in recipe.template.values]
            pattern = re.escape(recipe.template.path)
            for name in names:
                pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?P<p{names.index(name)}>[^/]+)")
            match = re.fullmatch(prefix + pattern, path)
            if match is None:
                continue
            understood = True
            at = {name: urllib.parse.unquote(match[f"p{index}"]) for index, name in enumerate(names)}
            self._note(account, recipe, at, answer, body)
        if not understood and method not in _READS and len(self._early) < _EARLY_MAX:
            self._early.append((account, method, path, answer, body))

    def _note(self, account: Account, recipe: Recipe, at: dict[str, str], answer: httpx.Response, body: bytes) -> None:
        ids = {slot.kind: at[slot.name] for slot in self.plan.of(recipe.operation).slots if slot.name in at}
        if recipe.role == MAKE:
            id_ = ids.get(recipe.kind)
            if recipe.ids == "header:location":
                id_ = answer.headers.get("location", "").partition("?")[0].rstrip("/").rpartition("/")[2]
            elif not recipe.ids.startswith("path:") and not (id_ and not recipe.ids):
                found = places.find(places.parse(body), recipe.ids or "/id")
                id_ = str(found[0][1]) if found else None
            if id_ or not recipe.ids:  # an answer without the id that it always has tells of nothing that was made
                with self._lock:
                    self._made.append((account, recipe.kind, {**ids, recipe.kind: id_} if id_ else {}))
        elif recipe.role == DELETE:
            with self._lock:
                self._made = [each for each in self._made if not (each[1] == recipe.kind and each[2] == ids)]

    def _recall(self) -> None:
        """Understand what came before it was known what its operation makes: by now it is, or else the plan says it."""
        with self._lock:
            early, self._early = self._early, []
            later, self._made = self._made, []
        planned = self._planned(MAKE, DELETE) if early else []
        for call in early:
            self._watch(*call, planned)
        with self._lock:
            self._made, self._early = [*self._made, *later], []

    def _planned(self, *roles: str) -> list[Recipe]:
        """What the plan says of operations that the scout has not come to, or found no request for."""
        kinds = {kind.name for kind in self.plan.kinds}
        found = []
        for step in self.plan.with_role(*roles):
            path = self.description.named(step.operation).path
            if step.operation in self.found.recipes or self.settings.excludes(path):
                continue
            if template := next(drafts.templates(self.description, self.plan, step, frozenset(), kinds), None):
                found.append(Recipe(step.operation, step.role, step.kind, template, step.ids))
        return found

    def clear_up(self) -> bool:
        """Remove all that was made and is still there, the latest first; what is still there then counts in `left`.
        Says whether the service removed all that it was asked to remove."""
        if self.settings.keep:
            return True
        self.gateway.settle(CLEAR_UP_S)
        self._recall()
        if not self._made:
            return True
        recipes = [*self._planned(DELETE), *self.found.recipes.values()]
        forbidden = self.settings.read_only or self.settings.no_delete
        removers = {each.kind: each for each in recipes if each.role == DELETE and not forbidden}
        spent, trouble, rate = self.gateway.budget, list(self.gateway.trouble), self.gateway.budget.rate
        seconds = max(CLEAR_UP_S, 2 * len(self._made) / rate if rate else 0)
        self.gateway.budget = Budget(TRIES_MAX * len(self._made), seconds, rate)
        carried_out = True
        try:
            with httpx.Client(timeout=seconds, trust_env=False, verify=self.gateway.verify) as client:
                while self._made:
                    account, kind, ids = self._made.pop()
                    removed = kind in removers and self._removed(client, account, removers[kind], ids)
                    if not removed:
                        self._left[account.placeholder, kind, tuple(ids.items()) or len(self._left)] = kind
                    carried_out = carried_out and (removed or kind not in removers)
        finally:
            self.gateway.budget, self.gateway.trouble, self._early = spent, trouble, []
        return carried_out

    def _removed(self, client: httpx.Client, account: Account, remover: Recipe, ids: dict[str, str]) -> bool:
        """Is it gone?"""
        named = [value.kind for _, value in remover.template.values if isinstance(value, Id)]
        if not all(ids.get(kind) for kind in named):
            return False  # without its id the request would be about something else, as a whole collection
        request = remover.template.filled(partial(_id_of, ids))
        name, value = self._credential(account).headers[0]
        query, headers = dict(request.query), {**dict(request.headers), name: value}
        url = self.gateway.url + request.path
        try:
            answer = client.request(request.method, url, params=query, headers=headers, content=request.body or None)
        except httpx.HTTPError:
            return False
        return answer.is_success or answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE)

    @property
    def left(self) -> dict[str, int]:
        """Kind -> how many of it the run has made and could not remove."""
        signed_up = len(self.gateway.accounts) - len(self.listed) if self.settings.sign_up else 0
        counted = Counter(self._left.values()) + Counter({"tenant that signed up": signed_up})
        return {} if self.settings.keep else dict(sorted(counted.items()))

    def finish(self, emit: Subscriber) -> None:
        """Clear up for the last time, before the report is written, and say there what is left."""
        self.clear_up()
        if self.left:
            emit(LeftBehind(tuple(self.left.items())))
        self.say = _nothing

    def close(self) -> None:
        """Clear up, and say at the terminal what is left, if no report does."""
        self.clear_up()
        if self.left:
            self.say(left_behind(self.left.items()))


def _nothing(_line: str) -> None:
    """Say nothing."""


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
        stack.callback(api.close)
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
    if not found and not settings.hook and settings.read_only:
        raise UsageError(
            "sign-up makes tenants, and the target is read-only: expected --tenants FILE with two or more, or no "
            "--read-only"
        )
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
    """Each tenant's credentials are tried on a read of the plan before anything runs: no other GET is known to change
    nothing. Raises `UsageError` if they are refused."""
    planned = (api.description.named(step.operation) for step in api.plan.with_role(READ, LIST))
    reads = [
        op
        for op in planned
        if op.reads and not op.slots and op.guarded and not any(p.required for p in op.parameters)
        if not api.settings.excludes(op.path)
    ]
    for account in api.listed:
        refused: list[str] = []
        with httpx.Client(timeout=CLIENT_S, trust_env=False, verify=api.gateway.verify) as client:
            for operation in reads[:5]:
                name, value = api._credential(account).headers[0]  # its own module's
                try:
                    answer = client.get(api.gateway.url + operation.path, headers={name: value})
                except httpx.HTTPError as error:
                    why = "; ".join(api.trouble) or f"{type(error).__name__}: {error}"
                    raise Inconclusive(f"{operation.name}: the service does not answer: {why}") from error
                if answer.status_code != httpx.codes.FORBIDDEN and not account.turned_away(answer):
                    break
                refused.append(f"{operation.name} came {answer.status_code}")
            else:
                if refused:
                    raise UsageError(
                        f"tenant {account.known.name}: its credentials are refused, or expired: {', '.join(refused)}"
                    )
