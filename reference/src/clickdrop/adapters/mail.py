"""E-mail: to a server by SMTP, or into a folder."""

from __future__ import annotations

import asyncio
import smtplib
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING
from uuid import uuid4

from clickdrop.domain.status import require_open

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from _typeshed import ReadableBuffer

    from clickdrop.domain.status import Gate

SENDER = "Click & Drop <noreply@clickdrop.example>"
_WAIT_SECONDS = 10


class NoMail:
    """The port `OutgoingMail` of a service that was not told where e-mail goes."""

    async def send(self, to: str, subject: str, text: str) -> None:
        """Raise `OSError`."""
        del to, subject, text
        raise OSError("the settings name no server and no folder for e-mail")


class MailFolder:
    """The port `OutgoingMail` that puts each message into a file of its own, `*.eml`."""

    def __init__(self, folder: Path, gate: Gate) -> None:
        self._folder = folder
        self._gate = gate

    async def send(self, to: str, subject: str, text: str) -> None:
        """Write a message, or raise `OSError` or `PlatformClosed`."""
        await require_open(self._gate)
        await asyncio.to_thread(self._write, bytes(_message(to, subject, text)))

    def _write(self, message: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self._folder / f"{uuid4()}.part"
        unfinished.write_bytes(message)
        unfinished.rename(unfinished.with_suffix(".eml"))


def letters_to(folder: Path, address: str) -> list[tuple[str, str]]:
    """Answer subject and text of the messages in a folder that went to an address, in no order."""
    found = []
    for path in folder.glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=default)
        if message["To"] == address:
            found.append((str(message["Subject"]), message.get_content()))
    return found


class SmtpMail:
    """The port `OutgoingMail` that hands each message to a server."""

    def __init__(self, host: str, port: int, gate: Gate) -> None:
        self._host = host
        self._port = port
        self._gate = gate

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hand a message over, or raise `PlatformClosed` or `OSError`, which every `smtplib.SMTPException` is."""
        loop = asyncio.get_running_loop()

        def ask() -> None:
            asyncio.run_coroutine_threadsafe(require_open(self._gate), loop).result()

        await asyncio.to_thread(self._hand_over, _message(to, subject, text), ask)

    def _hand_over(self, message: EmailMessage, ask: Callable[[], None]) -> None:
        with _Connection(self._host, self._port, ask) as server:
            server.send_message(message)


class _Connection(smtplib.SMTP):
    """A connection to a server that asks before each thing it sends, since the server may have been waited for."""

    def __init__(self, host: str, port: int, ask: Callable[[], None]) -> None:
        self._ask = ask
        super().__init__(host, port, timeout=_WAIT_SECONDS)

    def send(self, s: ReadableBuffer | str) -> None:
        if s != f"QUIT{smtplib.CRLF}":  # by then the message is handed over, or is not
            try:
                self._ask()
            except Exception:
                self.close()  # a server that waits for a message would take QUIT for one
                raise
        super().send(s)


def _message(to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, to, subject
    message.set_content(text)
    return message
