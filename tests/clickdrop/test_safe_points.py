"""A request's work is cancelled between transactions, never in one."""

import asyncio

from clickdrop.adapters import safe_points


async def at_work(steps: list[str], *, open_gate: asyncio.Event, in_transaction: asyncio.Event) -> None:
    """A transaction that waits at a gate, then something that would wait for ever."""
    with safe_points.uninterrupted():
        in_transaction.set()
        await open_gate.wait()
        steps.append("committed")
    await asyncio.Event().wait()
    steps.append("never")


def test_cancelled_after_the_transaction() -> None:
    """Who cancels in the middle of a transaction waits for its end; what comes after is not begun."""

    async def scenario() -> list[str]:
        steps: list[str] = []
        gate, entered = asyncio.Event(), asyncio.Event()
        points = safe_points.begin()
        work = asyncio.create_task(at_work(steps, open_gate=gate, in_transaction=entered))
        await entered.wait()
        cancelling = asyncio.create_task(points.cancel(work))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not cancelling.done()
        assert not work.done()
        gate.set()
        await cancelling
        assert work.cancelled()
        return steps

    assert asyncio.run(scenario()) == ["committed"]


def test_cancelled_at_once_outside() -> None:
    """Work that is in no transaction is cancelled where it is; work that has ended stays ended."""

    async def scenario() -> None:
        points = safe_points.begin()
        waiting = asyncio.create_task(asyncio.Event().wait())
        await points.cancel(waiting)  # type: ignore[arg-type]  # what it waits for is of no account
        assert waiting.cancelled()
        ended = asyncio.create_task(asyncio.sleep(0))
        await ended
        await points.cancel(ended)
        assert not ended.cancelled()

    asyncio.run(scenario())


def test_no_request() -> None:
    """Outside of requests a transaction is just a block."""
    with safe_points.uninterrupted():
        pass
