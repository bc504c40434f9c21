"""Sessions and links end by time."""

from __future__ import annotations

import asyncio
import email
from dataclasses import replace
from datetime import timedelta
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from clickdrop.composition import compose
from clickdrop.domain.accounts import AccountKind
from clickdrop.domain.errors import NotFound, Unauthenticated
from clickdrop.domain.users import INVITATION_LIFE, LINK_LIFE, SESSION_IDLE, SESSION_LIFE, Role
from clickdrop.parts import correct_parts
from clickdrop.settings import Embedded, Settings
from tests.clickdrop.clocks import Clock
from tests.clickdrop.web.visitors import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from clickdrop.platform import Platform

ADDRESS = "ada@shop.example"
MINUTE = timedelta(minutes=1)


def within(folder: Path, story: Callable[[Platform, Clock], Awaitable[None]]) -> None:
    """Tell a story on a platform with an account whose owner can log in."""
    clock = Clock()
    settings = Settings(Embedded(folder / "clickdrop.db"), token_secret=b"secret", mail=folder / "mail")

    async def run() -> None:
        platform = compose(settings, replace(correct_parts(settings), clock=clock))
        await platform.prepare()
        try:
            account = await platform.accounts.create("Shop", AccountKind.OBA, channel_shipper=True)
            await platform.accounts.add_login(account.id, ADDRESS, "Ada", PASSWORD, Role.OWNER)
            await story(platform, clock)
        finally:
            await platform.aclose()

    asyncio.run(run())


def token(folder: Path) -> str:
    """Answer the token of the one letter."""
    (letter,) = (folder / "mail").glob("*.eml")
    text: str = email.message_from_bytes(letter.read_bytes(), policy=default).get_content()
    return text.split("token=")[1].split()[0]


def test_unused_sessions_end(tmp_path: Path) -> None:
    """A session that is used goes on; one that is not used for long is over."""

    async def story(platform: Platform, clock: Clock) -> None:
        begun = await platform.sign_in.log_in(ADDRESS, PASSWORD, "A device")
        for _ in range(3):
            clock.now += SESSION_IDLE - MINUTE
            session = await platform.sign_in.find(begun.secret)
            await platform.sign_in.member(session, session.account_id)
        clock.now += SESSION_IDLE
        with pytest.raises(Unauthenticated):
            await platform.sign_in.find(begun.secret)

    within(tmp_path, story)


def test_old_sessions_end(tmp_path: Path) -> None:
    """However much a session is used, it is over after its life."""

    async def story(platform: Platform, clock: Clock) -> None:
        begun = await platform.sign_in.log_in(ADDRESS, PASSWORD, "A device")
        end = clock.now + SESSION_LIFE
        while clock.now < end:
            session = await platform.sign_in.find(begun.secret)
            member = await platform.sign_in.member(session, session.account_id)
            clock.now += SESSION_IDLE / 2
        assert await platform.sign_in.devices(member) == []
        with pytest.raises(Unauthenticated):
            await platform.sign_in.find(begun.secret)

    within(tmp_path, story)


@pytest.mark.parametrize("late", [False, True])
def test_old_resets_end(tmp_path: Path, *, late: bool) -> None:
    """A link to another password works until it expires."""

    async def story(platform: Platform, clock: Clock) -> None:
        await platform.doors.forgot(ADDRESS)
        clock.now += LINK_LIFE if late else LINK_LIFE - MINUTE
        if late:
            with pytest.raises(NotFound):
                await platform.doors.choose_password(token(tmp_path), "another password", "A device")
        else:
            await platform.doors.choose_password(token(tmp_path), "another password", "A device")

    within(tmp_path, story)


@pytest.mark.parametrize("late", [False, True])
def test_old_invitations_end(tmp_path: Path, *, late: bool) -> None:
    """An invitation works until it expires."""

    async def story(platform: Platform, clock: Clock) -> None:
        begun = await platform.sign_in.log_in(ADDRESS, PASSWORD, "A device")
        owner = await platform.sign_in.member(begun.session, begun.session.account_id)
        await platform.team.invite(owner, "Noor", "noor@shop.example", Role.CLERK)
        clock.now += INVITATION_LIFE if late else INVITATION_LIFE - MINUTE
        if late:
            with pytest.raises(NotFound):
                await platform.doors.choose_password(token(tmp_path), "another password", "A device")
        else:
            await platform.doors.choose_password(token(tmp_path), "another password", "A device")

    within(tmp_path, story)
