"""Jobs: done for their own tenant, whatever happens to who does them."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from clickdrop.composition import compose
from clickdrop.demo import seed
from clickdrop.domain.errors import NotFound
from clickdrop.domain.jobs import ATTEMPTS, KEPT, LEASE, Job, JobKind, JobStatus
from clickdrop.parts import correct_parts
from clickdrop.service.job_worker import JobWorker
from clickdrop.settings import Embedded, Settings
from tests.clickdrop.clocks import Clock
from tests.clickdrop.services import Service, Tenant, order, text_of, until
from tests.clickdrop.web.test_csv import FORMULAS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from clickdrop.domain.accounts import Account
    from clickdrop.domain.jobs import JobFile
    from clickdrop.platform import Platform

LABELLED = {"includeLabelInResponse": False}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def done(service: Service, tenant: Tenant, path: str, body: dict[str, Any]) -> tuple[str, bytes]:
    """Ask for a job, wait for it, and answer its identifier and its file."""
    shop = service.shop(tenant)
    asked = shop.post(path, json=body)
    assert asked.status_code == 202, asked.text
    job_id = asked.json()["jobId"]
    until(lambda: shop.get(f"/jobs/{job_id}").json()["status"] == "done", "the job is done")
    return job_id, shop.get(f"/jobs/{job_id}/file").content


def test_labels_in_one_file(service: Service, tenant: Tenant) -> None:
    """The labels of many orders come in one PDF file."""
    made = tenant.create(*(order(label=LABELLED) for _ in range(3)))
    identifiers = [each["orderIdentifier"] for each in made]
    _, content = done(service, tenant, "/jobs/labels", {"orderIdentifiers": identifiers})
    text = text_of(content)
    assert all(str(identifier) in text for identifier in identifiers)


def test_tables(service: Service, tenant: Tenant) -> None:
    """All orders come as CSV and as a workbook; what looks like a formula is text in both."""
    for part in range(2):
        tenant.create(*(order(f"INV-{part}-{number}") for number in range(60)))
    formulas = (*FORMULAS, "\t=1", "\r=1", "\n=1")
    tenant.create(*(order(f"={number}", recipient=formula) for number, formula in enumerate(formulas)))
    _, content = done(service, tenant, "/jobs/exports", {"format": "csv"})
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    assert len(rows) == 120 + len(formulas)
    written = {row["Order reference"]: row["Recipient"] for row in rows}
    for number, formula in enumerate(formulas):
        assert written[f"'={number}"] == f"'{formula}"
    _, content = done(service, tenant, "/jobs/exports", {"format": "xlsx"})
    with zipfile.ZipFile(io.BytesIO(content)) as workbook:
        sheet = workbook.read("xl/worksheets/sheet1.xml").decode()
        strings = workbook.read("xl/sharedStrings.xml").decode()
    assert sheet.count("<row ") == 1 + 120 + len(formulas)
    assert "=1+1" in strings
    assert "<f>" not in sheet


def test_a_file_is_its_owners(service: Service, tenant: Tenant, neighbour: Tenant) -> None:
    """Nobody but who asked for it is shown a job or its file: it is answered as one that nobody has."""
    tenant.create(order())
    job_id, content = done(service, tenant, "/jobs/exports", {"format": "csv"})
    assert content
    other = service.shop(neighbour)
    for path in ("", "/file"):
        answers = [other.get(f"/jobs/{each}{path}") for each in (job_id, UNKNOWN)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    answer = service.shop(tenant).get(f"/jobs/{job_id}/file")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"


def test_refused(service: Service, tenant: Tenant, neighbour: Tenant) -> None:
    """Labels of orders that are not there, another's, or have none, are refused at once; so is what can't be read."""
    shop = service.shop(tenant)
    (foreign,) = neighbour.create(order(label=LABELLED))
    (without,) = tenant.create(order())
    missing = shop.post("/jobs/labels", json={"orderIdentifiers": [1]})
    assert missing.status_code == 404
    assert shop.post("/jobs/labels", json={"orderIdentifiers": [foreign["orderIdentifier"]]}).content == missing.content
    answer = shop.post("/jobs/labels", json={"orderIdentifiers": [without["orderIdentifier"]]})
    assert (answer.status_code, answer.json()["code"]) == (400, "LabelMissing")
    for path, body in (("labels", {}), ("labels", {"orderIdentifiers": []}), ("exports", {"format": "pdf"})):
        assert shop.post(f"/jobs/{path}", json=body).json()["code"] == "InvalidBody"
    assert shop.get("/jobs/1").status_code == 400


@asynccontextmanager
async def platform_at(clock: Clock, folder: Path) -> AsyncIterator[tuple[Platform, list[Account]]]:
    """A platform in this process with two tenants, at a clock's time."""
    settings = Settings(Embedded(folder / "clickdrop.db"), token_secret=b"secret")
    platform = compose(settings, replace(correct_parts(settings), clock=clock))
    await platform.prepare()
    await seed(platform)
    try:
        yield platform, await platform.accounts.all()
    finally:
        await platform.aclose()


def test_a_job_is_taken_again(tmp_path: Path) -> None:
    """A job whose worker died is taken by another once the lease is over, and not before."""

    async def work() -> None:
        clock = Clock()
        async with platform_at(clock, tmp_path) as (platform, (account, _)):
            job = await platform.jobs.ask(account, JobKind.EXPORT_CSV)
            worker = platform.job_worker
            assert await worker.take(account.id) is not None  # and its worker dies
            clock.now += LEASE - timedelta(seconds=1)
            assert await worker.work() == 0
            clock.now += timedelta(seconds=1)
            assert await worker.work() == 1
            ended = await platform.jobs.get(account, job.id)
            assert (ended.status, ended.attempts) == (JobStatus.DONE, 2)
            assert b"INV-1001" in (await platform.jobs.file(account, job.id)).content
            assert await worker.work() == 0

    asyncio.run(work())


def test_who_comes_too_late_changes_nothing(tmp_path: Path) -> None:
    """A worker that ends a job after its lease, while another is at it, does not end the other's attempt."""

    async def work() -> None:
        clock = Clock()
        async with platform_at(clock, tmp_path) as (platform, (account, _)):
            job = await platform.jobs.ask(account, JobKind.EXPORT_CSV)
            slow = await platform.job_worker.take(account.id)
            clock.now += LEASE
            quick = await platform.job_worker.take(account.id)
            assert slow is not None
            assert quick is not None
            await platform.job_worker.do(account.id, slow)
            assert (await platform.jobs.get(account, job.id)).status is JobStatus.RUNNING
            await platform.job_worker.do(account.id, quick)
            assert (await platform.jobs.get(account, job.id)).status is JobStatus.DONE

    asyncio.run(work())


def test_a_job_keeps_its_tenant(tmp_path: Path) -> None:
    """Jobs of two tenants with equal references, done in one round, make files of their own orders alone."""

    async def work() -> None:
        clock = Clock()
        async with platform_at(clock, tmp_path) as (platform, accounts):
            jobs = [await platform.jobs.ask(account, JobKind.EXPORT_CSV) for account in accounts]
            assert await platform.job_worker.work() == 2
            files = [
                (await platform.jobs.file(account, job.id)).content for account, job in zip(accounts, jobs, strict=True)
            ]
            assert [(b"Ada" in file, b"Noor" in file) for file in files] == [(True, False), (False, True)]

    asyncio.run(work())


def test_what_has_ended_is_forgotten(tmp_path: Path) -> None:
    """A week after its end a job is gone with its file, and answered as one that never was; others are not touched."""

    async def work() -> None:
        clock = Clock()
        async with platform_at(clock, tmp_path) as (platform, accounts):
            jobs, worker = platform.jobs, platform.job_worker
            asked = [await jobs.ask(account, JobKind.EXPORT_CSV) for account in accounts]
            assert await worker.work() == 2
            clock.now += KEPT / 2
            later = await jobs.ask(accounts[0], JobKind.EXPORT_CSV)
            assert await worker.work() == 1
            clock.now += KEPT / 2 - timedelta(seconds=1)
            assert await worker.work() == 0
            assert (await jobs.file(accounts[0], asked[0].id)).content
            clock.now += timedelta(seconds=1)
            new = await jobs.ask(accounts[0], JobKind.EXPORT_CSV)
            assert [await worker.work() for _ in range(2)] == [1, 0]
            for find in (jobs.get, jobs.file):
                said = []
                for job_id in (asked[0].id, UNKNOWN):
                    with pytest.raises(NotFound) as missing:
                        await find(accounts[0], job_id)
                    said.append(str(missing.value))
                assert said[0] == said[1]
            assert (await jobs.file(accounts[0], later.id)).content
            assert (await jobs.file(accounts[0], new.id)).content
            with pytest.raises(NotFound):
                await jobs.file(accounts[1], asked[1].id)

    asyncio.run(work())


class Broken:
    """What makes files, but does not."""

    async def make(self, account_id: str, job: Job) -> JobFile:
        raise OSError(f"the disk is full: {account_id}, {job.id}")


@pytest.mark.filterwarnings("default")
def test_a_job_that_fails_is_tried_again_but_not_for_ever(tmp_path: Path) -> None:
    """What goes wrong is tried again, later each time; after some attempts its tenant is told, and not why."""

    async def work() -> None:
        clock = Clock()
        async with platform_at(clock, tmp_path) as (platform, (account, _)):
            job = await platform.jobs.ask(account, JobKind.EXPORT_XLSX)
            broken: Any = Broken()
            worker = JobWorker(platform.storage, platform.checkouts, broken, broken, clock)
            for attempt in range(1, ATTEMPTS + 1):
                assert await worker.work() == 1
                assert await worker.work() == 0
                now = await platform.jobs.get(account, job.id)
                assert now.attempts == attempt
                clock.now += LEASE
            assert (now.status, now.fault) == (JobStatus.FAILED, "It could not be done.")
            assert await worker.work() == 0
            clock.now += KEPT
            assert await worker.work() == 0
            with pytest.raises(NotFound):
                await platform.jobs.get(account, job.id)

    asyncio.run(work())
