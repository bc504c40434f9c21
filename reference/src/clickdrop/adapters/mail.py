"""E-mail: to a server by SMTP, or into a folder."""

from __future__ import annotations

import asyncio
import smtplib
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from pathlib import Path

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

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, to: str, subject: str, text: str) -> None:
        """Write a message, or raise `OSError`."""
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

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hand a message over, or raise `OSError`, of which every `smtplib.SMTPException` is one."""
        await asyncio.to_thread(self._hand_over, _message(to, subject, text))

    def _hand_over(self, message: EmailMessage) -> None:
        with smtplib.SMTP(self._host, self._port, timeout=_WAIT_SECONDS) as server:
            server.send_message(message)


def _message(to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, to, subject
    message.set_content(text)
    return message
