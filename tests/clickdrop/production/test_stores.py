"""What stores do in PostgreSQL, tenant by tenant under the forced policies: take jobs, keep what is needed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from clickdrop.adapters.database.migrations.versions.rev_0006_spent_tokens import SPEND
from clickdrop.adapters.database.postgresql import OWNER
from clickdrop.domain import checkouts as life
from clickdrop.domain.checkouts import CheckoutRequest
from clickdrop.domain.jobs import Job, JobKind, JobStatus
from clickdrop.domain.notices import Event, Notice, NoticeKind
from clickdrop.domain.orders import OrderStatus

if TYPE_CHECKING:
    import asyncpg

    from clickdrop.platform import Platform
    from tests.clickdrop.production.conftest import Database

NOW = datetime.now(UTC)
REQUEST = CheckoutRequest("KEPT", (1,), "tok_kept")


def test_jobs_that_have_ended(database: Database) -> None:
    """Each tenant's jobs go when it is their time; one that is due later stays."""

    async def work(platform: Platform) -> list[list[bool]]:
        now = datetime.now(UTC)
        made = []
        for account in database.accounts:
            for due in (now - timedelta(seconds=1), now + timedelta(hours=1)):
                job = Job(str(uuid4()), JobKind.EXPORT_CSV, now, due, status=JobStatus.DONE)
                async with platform.storage.writing(account) as (_, work):
                    await work.jobs.put(account, job)
                made.append((account, job.id))
        while await platform.job_worker.work():
            pass
        kept = []
        for account, job_id in made:
            async with platform.storage.reading(account) as work:
                kept.append(await work.jobs.get(account, job_id) is not None)
        return [kept[:2], kept[2:]]

    assert database.within(work) == [[False, True]] * 2


def test_one_receiver_at_a_time(database: Database) -> None:
    """Of jobs that tell one receiver none is taken while another is under way; others are."""

    async def work(platform: Platform) -> list[list[str]]:
        (account, _) = database.accounts
        now = datetime.now(UTC)
        made = {}
        for number, to in enumerate(("one", "one", "two")):
            notice = Notice(to, Event.ORDER_CREATED, now, number, None, OrderStatus.NEW, None, ())
            due = now - timedelta(hours=1) + timedelta(seconds=number)
            job = Job(str(uuid4()), NoticeKind.WEBHOOK, now, due, notice=notice)
            made[job.id] = f"{to} {number}"
            async with platform.storage.writing(account) as (_, work):
                await work.jobs.put(account, job)
        rounds = []
        for _ in range(2):
            taken = []
            while job_taken := await platform.job_worker.take(account):
                taken.append(job_taken)
            for each in taken:
                async with platform.storage.writing(account) as (_, work):
                    await work.jobs.remove(account, each.id)
            rounds.append([made[each.id] for each in taken if each.id in made])
        return rounds

    assert database.within(work) == [["one 0", "two 2"], ["one 1"]]


def test_payment_tokens(database: Database) -> None:
    """Once the provider has answered, the token is nowhere in the checkout's row."""

    async def work(platform: Platform) -> bool:
        (account, _) = database.accounts
        async with platform.storage.writing(account) as (_, work):
            begun = await work.checkouts.add(account, REQUEST, (), NOW)
            await work.checkouts.save(account, life.refuse(begun, "no"))
            found = await work.checkouts.get(account, begun.id)
        assert found is not None
        assert "tok_" not in found.request.payment_token
        return found.is_of(REQUEST) and not found.is_of(replace(REQUEST, payment_token="tok_other"))

    assert database.within(work)


def test_payment_tokens_of_before(database: Database) -> None:
    """The migration leaves of earlier tokens what the service would have left, and policies forced."""
    ids = [str(uuid4()) for _ in range(2)]
    (account, _) = database.accounts
    request = {"idempotency_key": "EARLIER", "order_identifiers": [1], "payment_token": "tok_kept"}

    async def migrate(connection: asyncpg.Connection) -> Any:
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(SPEND[0])
            for checkout_id, status in zip(ids, ("labelled", "charging"), strict=True):
                await connection.execute(
                    "INSERT INTO checkouts"
                    " (id, account_id, idempotency_key, created_on, request, lines, status, tracking_numbers)"
                    " VALUES ($1, $2, $3, now(), $4, '[]', $5, '[]')",
                    *(checkout_id, account, checkout_id, json.dumps(request), status),
                )
            for statement in (*SPEND, *SPEND[:2]):
                await connection.execute(statement)
            rows = await connection.fetch("SELECT request FROM checkouts WHERE id = ANY($1) ORDER BY status", ids)
            await connection.execute(SPEND[2])
            hidden = await connection.fetchval("SELECT count(*) FROM checkouts")
            return [json.loads(row["request"])["payment_token"] for row in rows], hidden
        finally:
            await transaction.rollback()

    (waiting, spent), hidden = database.run(OWNER, migrate)
    checkout = life.Checkout(ids[0], 1, NOW, CheckoutRequest("EARLIER", (1,), spent), ())
    assert waiting == "tok_kept"
    assert spent.startswith(life.SPENT)
    assert checkout.is_of(CheckoutRequest("EARLIER", (1,), "tok_kept"))
    assert hidden == 0
