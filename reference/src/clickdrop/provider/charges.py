"""The provider's store: charges and refunds in a SQLite file, each made once for an idempotency key."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUCCEEDED, DECLINED = "succeeded", "declined"
_TABLES = """
CREATE TABLE IF NOT EXISTS charges (
    serial INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE, amount_pence INTEGER NOT NULL,
    token TEXT NOT NULL, status TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS refunds (
    serial INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE,
    charge TEXT NOT NULL UNIQUE REFERENCES charges (id)
);
"""


class KeyReused(Exception):
    """The idempotency key was used for something else."""


class NoSuchCharge(Exception):
    """There is no charge that could be refunded."""


class AlreadyRefunded(Exception):
    """The charge was refunded under another key."""


@dataclass(frozen=True, slots=True)
class Charge:
    """Money taken, or not; `amount_pence` is in pence, `refunded` tells whether it was given back."""

    serial: int
    id: str
    key: str
    amount_pence: int
    status: str
    refunded: bool


class Charges:
    """The charges in one file; any thread may use them."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._lock = threading.Lock()
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def charge(self, key: str, amount_pence: int, token: str, *, declined: bool) -> Charge:
        """Take money, or decline to; the same key has the same outcome for ever. Raises `KeyReused`."""
        with self._transaction() as connection:
            status = DECLINED if declined else SUCCEEDED
            connection.execute(
                "INSERT INTO charges (id, key, amount_pence, token, status) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (key) DO NOTHING",
                (f"ch_{uuid4().hex}", key, amount_pence, token, status),
            )
            charge_id, amount, used = connection.execute(
                "SELECT id, amount_pence, token FROM charges WHERE key = ?", (key,)
            ).fetchone()
            if (amount, used) != (amount_pence, token):
                raise KeyReused
            return self._get(charge_id)

    def refund(self, key: str, charge_id: str) -> Charge:
        """Give a charge back as a whole. Raises `NoSuchCharge`, `KeyReused` or `AlreadyRefunded`."""
        with self._transaction() as connection:
            made = connection.execute("SELECT charge FROM refunds WHERE key = ?", (key,)).fetchone()
            if made is not None and made[0] != charge_id:
                raise KeyReused
            charge = self._get(charge_id)
            if made is None:
                if charge.status != SUCCEEDED:
                    raise NoSuchCharge
                if charge.refunded:
                    raise AlreadyRefunded
                refund = (f"re_{uuid4().hex}", key, charge_id)
                connection.execute("INSERT INTO refunds (id, key, charge) VALUES (?, ?, ?)", refund)
            return self._get(charge_id)

    def after(self, serial: int, count: int) -> list[Charge]:
        """List the charges after a serial number, oldest first."""
        with self._lock:
            return self._select("charges.serial > ? ORDER BY charges.serial LIMIT ?", serial, count)

    def of(self, beginning: str) -> list[Charge]:
        """List the charges whose key begins so, oldest first."""
        with self._lock:
            return self._select("substr(charges.key, 1, length(?)) = ? ORDER BY charges.serial", beginning, beginning)

    def _get(self, charge_id: str) -> Charge:
        found = self._select("charges.id = ?", charge_id)
        if not found:
            raise NoSuchCharge
        return found[0]

    def _select(self, condition: str, *values: object) -> list[Charge]:
        rows = self._connection.execute(
            "SELECT charges.serial, charges.id, charges.key, amount_pence, status, refunds.id IS NOT NULL"  # noqa: S608
            f" FROM charges LEFT JOIN refunds ON charge = charges.id WHERE {condition}",
            values,
        )
        return [
            Charge(serial, name, key, amount, status, bool(back)) for serial, name, key, amount, status, back in rows
        ]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
