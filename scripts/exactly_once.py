"""Thousands of checkouts while replies get lost, clients click twice and processes are killed.

    python -m scripts.exactly_once [CHECKOUTS [STACK [SEED]]]

On the production stack `kill -9` meets workers, the job worker, the database, the cache and the payment provider; on
the embedded one the service and the provider. At the end the provider's charges are held against the platform's
checkouts and parcels: each checkout is charged and labelled once, or neither. Prints the figures; exits 1 if they do
not agree. Reads /proc, so it needs Linux.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from benchmarks.processes import children
from tests.clickdrop.services import order

FAULTS = {"lost_replies": 0.05, "lost_requests": 0.03, "duplicates": 0.1, "declines": 0.02, "delay_ms_max": 20}
TENANTS, CLIENTS, BATCH = 6, 12, 50
DOUBLE_CLICKS, SECOND_TABS, HANG_UPS, LEFT_ALONE = 0.15, 0.05, 0.1, 0.3
KILLS_MAX, KILL_EVERY_MIN = 150, 8
"""How often something is killed: spread over the checkouts, with so many between two at least."""
SETTLED_WITHIN_S = 180.0
READY_S = 60.0
TRIES = 200
VICTIMS = {"worker or job worker": "clickdrop serve", "database": "postgres -D", "cache": "valkey-server"}


@dataclass
class Figures:
    """What was done and what came of it."""

    answers: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Program:
    """A `clickdrop` command that goes on where it was when it is killed: same port, same files, same keys."""

    def __init__(self, keys: dict[str, str], *arguments: str) -> None:
        self._command = [sys.executable, "-m", "clickdrop", *arguments, "--json", "--until-eof"]
        self._environment = os.environ | keys
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self._let_go()

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.process = subprocess.Popen(
            [*self._command, "--port", str(self._port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment,
        )
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())
        self._port = int((self.ready.get("origin") or self.ready["url"]).rpartition(":")[2])

    def kill(self) -> None:
        """Kill it and start it again."""
        self.process.kill()
        self._let_go()
        self.start()

    def _let_go(self) -> None:
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


class Run:
    """One run: tenants, their clients, whoever kills, and the reckoning."""

    def __init__(self, service: Program, provider: Program, keys: dict[str, str], stack: str, seed: int) -> None:
        self.figures = Figures()
        self._service, self._provider, self._keys, self._stack = service, provider, keys, stack
        self._chance = random.Random(seed)
        self._kill_chance = random.Random(seed + 1)
        self._checkouts = 0
        self._answered = self._next_kill = 0
        self._progress = asyncio.Condition()
        self._done = asyncio.Event()

    async def run(self, checkouts: int) -> None:
        """Do so many checkouts while killing, then reckon up."""
        async with httpx.AsyncClient(timeout=30, trust_env=False, limits=httpx.Limits(max_connections=64)) as client:
            self._http, self._checkouts = client, checkouts
            tenants = [await self._tenant(number) for number in range(TENANTS)]
            await self._misbehave(FAULTS)
            killing = asyncio.create_task(self._kill())
            work = asyncio.Queue[int]()
            for number in range(checkouts):
                work.put_nowait(number)
            await asyncio.gather(*(self._client(tenants, work) for _ in range(CLIENTS)))
            self._done.set()
            await self._tell_progress()
            await killing
            await self._misbehave({})
            await self._reckon(tenants)

    async def _tenant(self, number: int) -> dict[str, str]:
        operator = {"Authorization": f"Bearer {self._keys['CLICKDROP_OPERATOR_KEY']}"}
        url = self._service.ready["operator_url"] + "/tenants"
        made = await self._http.post(url, json={"name": f"Shop {number}"}, headers=operator)
        key = await self._http.post(f"{url}/{made.json()['id']}/keys", headers=operator)
        return {"Authorization": f"Bearer {key.json()['key']}"}

    async def _misbehave(self, faults: dict[str, float]) -> None:
        told = faults | {"seed": 1} if faults else faults
        control = {"Authorization": f"Bearer {self._keys['CLICKDROP_PROVIDER_CONTROL_KEY']}"}
        answer = await self._http.put(self._provider.ready["url"] + "/control/faults", json=told, headers=control)
        answer.raise_for_status()

    async def _client(self, tenants: list[dict[str, str]], work: asyncio.Queue[int]) -> None:
        """Take a batch of checkouts, make their orders, and check each out."""
        while not work.empty():
            batch = [work.get_nowait() for _ in range(min(BATCH, work.qsize()))]
            tenant = self._chance.choice(tenants)
            for number, identifier in zip(batch, await self._orders(tenant, batch), strict=True):
                await self._check_out(tenant, identifier, f"checkout-{number}")
                self._answered += 1
                await self._tell_progress()

    async def _tell_progress(self) -> None:
        async with self._progress:
            self._progress.notify_all()

    async def _orders(self, tenant: dict[str, str], batch: list[int]) -> list[int]:
        """Make orders; who gets no answer asks for them by their references, and makes those that are not there."""
        url = self._service.ready["url"] + "/orders"
        for _ in range(TRIES):
            try:
                await self._http.post(url, json={"items": [_order(number) for number in batch]}, headers=tenant)
                names = ";".join(f'"N-{number}"' for number in batch)
                found = await self._http.get(f"{url}/{names}", headers=tenant)
                if found.status_code == 200 and len(found.json()) == len(batch):
                    by_name = {each["orderReference"]: each["orderIdentifier"] for each in found.json()}
                    return [by_name[f"N-{number}"] for number in batch]
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)
        raise RuntimeError("orders could not be made: the service stays away")

    async def _check_out(self, tenant: dict[str, str], identifier: int, key: str) -> None:
        """Ask until there is an answer, as clients do: twice at once, in a second tab, hanging up, or never again."""
        keys = [key]
        if self._chance.random() < DOUBLE_CLICKS:
            keys = [key, key]
        if self._chance.random() < SECOND_TABS:
            keys.append(f"{key}-second-tab")
        for turn in range(TRIES):
            hangs_up = turn == 0 and self._chance.random() < HANG_UPS
            answers = await asyncio.gather(*(self._pay(tenant, identifier, each, hangs_up) for each in keys))
            if answers[0] is not None and (answers[0] != 202 or self._chance.random() < LEFT_ALONE):
                return
            await asyncio.sleep(0.05)
        raise RuntimeError("a checkout had no answer: the service stays away")

    async def _pay(self, tenant: dict[str, str], identifier: int, key: str, hangs_up: bool) -> int | None:
        body = {"orderIdentifiers": [identifier], "paymentToken": "tok_visa"}
        patience_s = self._chance.uniform(0.001, 0.05) if hangs_up else 30
        try:
            answer = await self._http.post(
                self._service.ready["shop_url"] + "/checkouts",
                json=body,
                headers=tenant | {"Idempotency-Key": key},
                timeout=patience_s,
            )
        except httpx.HTTPError as error:
            self.figures.answers[type(error).__name__] += 1
            return None
        self.figures.answers[str(answer.status_code)] += 1
        return answer.status_code if answer.status_code < 500 else None

    async def _kill(self) -> None:
        """Kill one process after the other while the work is done."""
        every = max(KILL_EVERY_MIN, self._checkouts // KILLS_MAX)
        while not self._done.is_set():
            self._next_kill += self._kill_chance.randrange(every, 2 * every)
            async with self._progress:
                await self._progress.wait_for(lambda: self._answered >= self._next_kill or self._done.is_set())
            if not self._done.is_set():
                await asyncio.sleep(self._kill_chance.uniform(0, 0.05))  # not always at the same point of a request
                await self._kill_one()

    async def _kill_one(self) -> None:
        if self._kill_chance.random() < 0.15:
            self.figures.kills["provider"] += 1
            await asyncio.to_thread(self._provider.kill)
            await self._misbehave(FAULTS)
        elif self._stack == "embedded":
            self.figures.kills["service"] += 1
            await asyncio.to_thread(self._service.kill)
        else:
            name = self._kill_chance.choice(sorted(VICTIMS))
            pids = children(self._service.process.pid, VICTIMS[name])
            if pids:
                self.figures.kills[name] += 1
                os.kill(self._kill_chance.choice(pids), signal.SIGKILL)

    async def _reckon(self, tenants: list[dict[str, str]]) -> None:
        """Hold charges, checkouts and parcels against each other, once nothing is open."""
        checkouts, parcels = await self._settled(tenants)
        charges = {charge["key"]: charge for charge in await self._charges()}
        statuses = Counter(checkout["status"] for checkout in checkouts)
        taken = {key for key, each in charges.items() if each["status"] == "succeeded" and not each["refunded"]}
        labelled = {each["checkoutId"]: each for each in checkouts if each["status"] == "labelled"}
        current = [parcel for parcel in parcels if parcel["status"] != "cancelled"]
        numbers = [n for each in labelled.values() for line in each["orders"] for n in line["trackingNumbers"]]
        ordered = {line["orderIdentifier"] for each in checkouts for line in each["orders"]}
        paid_orders = Counter(line["orderIdentifier"] for each in labelled.values() for line in each["orders"])
        print(f"checkouts: {len(checkouts)} ({', '.join(f'{n} {s}' for s, n in sorted(statuses.items()))})")
        print(f"charges kept: {len(taken)}, of {len(charges)} asked for; labels: {len(current)}")
        for caption, counted in (("answers", self.figures.answers), ("killed", self.figures.kills)):
            print(f"{caption}: {', '.join(f'{count} {name}' for name, count in sorted(counted.items()))}")
        claims = {
            "charges kept are those of labelled checkouts": taken == set(labelled),
            "what was taken is what postage costs": all(
                charges[key]["amountPence"] == round(labelled[key]["total"] * 100) for key in taken & set(labelled)
            ),
            "labels are those that were paid for, each once": sorted(numbers) == sorted(_numbers(current)),
            "no label twice": len(set(_numbers(parcels))) == len(parcels),
            "every order was checked out": len(ordered) == self._checkouts,
            "no order paid for twice": set(paid_orders.values()) <= {1},
            "no charge without a checkout": set(charges) <= {each["checkoutId"] for each in checkouts},
        }
        self.figures.faults += [claim for claim, holds in claims.items() if not holds]

    async def _settled(self, tenants: list[dict[str, str]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        deadline = time.monotonic() + SETTLED_WITHIN_S
        while True:
            try:
                checkouts = [each for tenant in tenants for each in await self._all(tenant, "checkouts")]
                open_ones = [each for each in checkouts if each["status"] in {"charging", "refunding"}]
                if not open_ones:
                    return checkouts, [each for tenant in tenants for each in await self._all(tenant, "parcels")]
            except httpx.HTTPError:
                open_ones = []
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(open_ones)} checkouts are not settled after {SETTLED_WITHIN_S:g} seconds")
            await asyncio.sleep(0.5)

    async def _all(self, tenant: dict[str, str], what: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        query: dict[str, Any] = {"pageSize": 100}
        while True:
            answer = await self._http.get(f"{self._service.ready['shop_url']}/{what}", params=query, headers=tenant)
            answer.raise_for_status()
            page = answer.json()
            found += page[what]
            if "nextBefore" not in page:
                return found
            query["before"] = page["nextBefore"]

    async def _charges(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        key = {"Authorization": f"Bearer {self._keys['CLICKDROP_PROVIDER_KEY']}"}
        while True:
            after = {"after": found[-1]["serial"] if found else 0}
            page = (await self._http.get(self._provider.ready["url"] + "/charges", params=after, headers=key)).json()
            if not page:
                return found
            found += page


def _order(number: int) -> dict[str, Any]:
    return order(f"N-{number}", postageDetails={"serviceCode": ("TPN24", "TPS48", "BPL1")[number % 3]})


def _numbers(parcels: list[dict[str, Any]]) -> list[str]:
    return [parcel["trackingNumber"] for parcel in parcels]


def run(checkouts: int, stack: str, seed: int) -> Figures:
    """Do so many checkouts on a stack; answers what came of it."""
    variables = ("CLICKDROP_OPERATOR_KEY", "CLICKDROP_PROVIDER_KEY", "CLICKDROP_PROVIDER_CONTROL_KEY")
    keys = {variable: secrets.token_urlsafe(24) for variable in variables}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as closing:
        provider = closing.enter_context(Program(keys, "provider", "--store", f"{folder}/provider.db"))
        own = ("--restart",) if stack == "production" else ("--database", f"{folder}/clickdrop.db")
        options = ("--stack", stack, "--rate-limit", "0", "--provider-url", provider.ready["url"], *own)
        service = closing.enter_context(Program(keys, "serve", *options))
        work = Run(service, provider, keys, stack, seed)
        asyncio.run(work.run(checkouts))
        return work.figures


def main() -> int:
    """Run once, and say what does not agree."""
    given = sys.argv[1:]
    checkouts, stack, seed = [*given, *("10000", "production", "1")[len(given) :]]
    began = time.monotonic()
    faults = run(int(checkouts), stack, int(seed)).faults
    said = "; ".join(f"NOT: {fault}" for fault in faults) or "all agree"
    print(f"{stack}, seed {seed}, {time.monotonic() - began:.0f} s: {said}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
