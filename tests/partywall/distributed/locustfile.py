"""Tenants of the notes under Locust."""

import os

from partywall.distributed.users import TenantUser, isolate
from tests.partywall import notes


class Writer(TenantUser):
    """Makes a note, then lists."""

    def on_start(self) -> None:
        """Own something."""
        self.send(notes.create(self.mark()))

    def lists(self) -> None:
        """List with everyone, then alone."""
        self.meet(0.1)
        self.send(notes.listing(), "meet")
        self.send(notes.listing())

    tasks = [lists]  # noqa: RUF012  # as Locust has it


isolate(
    lambda: notes.target(os.environ["NOTES"]),
    tenants=2,
    folder=os.environ["FOLDER"],
    seed=7,
    control=[notes.listing()],
    tolerate=["never-succeeded", "left-out"],
)
