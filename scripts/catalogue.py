"""The catalogue of planted leaks, as a page: made of what the leaks' modules say of themselves.

python -m scripts.catalogue > docs/catalogue.md
"""

from __future__ import annotations

import sys
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from clickdrop.decoys import DECOYS
from clickdrop.leaks import LEAKS
from clickdrop.leaks.incidents import INCIDENTS
from clickdrop.leaks.leak import Difficulty, Leak

if TYPE_CHECKING:
    from clickdrop.decoys.decoy import Decoy

CLASSES = {
    "C1 EDGE_CACHE": "A shared HTTP cache keeps a private answer under a key without identity.",
    "C2 APP_CACHE_KEY": "The key of an application's cache leaves the tenant out, or two tenants' keys are equal.",
    "C3 COALESCE": "Work under way is shared by what is asked, not by who asks.",
    "C4 POOL_DESYNC": "A pooled connection owes a reply, and each later borrower is given the one before its own.",
    "C5 CONN_STATE": "A pooled connection to the database keeps something of the tenant before.",
    "C6 AMBIENT_CTX": "Who is asking is kept where other requests come by: a global, an attribute, a thread.",
    "C7 OBJECT_RECYCLE": "An object that is used again is not emptied, or belongs to two requests.",
    "C8 HTTP_DESYNC": "Two ends of a connection differ on where a message ends, or on the order of answers.",
    "C9 NAME_COLLISION": "What is unique within a tenant, or for a while, is taken to be unique.",
    "C10 ASYNC_DELIVERY": "A file, a letter or an event goes to somebody else.",
    "C11 BOLA": "An object is read or written by its identifier, whoever asks.",
    "C12 TENANT_SOURCE": "The tenant is whom the request names.",
    "C13 DB_POLICY": "Row-level security is there and does not bind who reads or writes.",
    "C14 STALE_AUTHZ": "A right that was taken away goes on.",
    "C15 AGGREGATE": "No foreign record is shown, but an answer depends on one.",
    "X RETRY": "The side effects of 2022: paid twice, or paid and nothing made.",
}

COLUMNS = ("leak", "stack", "difficulty", "shows by", "seam", "trigger", "mechanism", "a customer sees", "incidents")

HEAD = """# The planted leaks

Made by `python -m scripts.catalogue > docs/catalogue.md` from what the leaks' modules
(`reference/src/clickdrop/leaks/`) say of themselves; a test holds it against what that prints.

Click & Drop, the reference service, has {count} leaks that can be planted in it, each the mechanism of a real
incident, in {classes} classes; all are off unless they are named. Each has a test in `tests/clickdrop/leaks/`
that shows it by hand, in a scripted exchange without Partywall, and shows that the correct service does not have
it.

## A tool of your own against it

```
clickdrop leaks --json                    # the ground truth: an array of objects, one a leak
clickdrop serve --port 0 --demo --json    # the correct service: nothing may be found
clickdrop serve --port 0 --demo --json --leak view-of-owner --stack production
```

The line that `serve` prints says where the service is (`url`, `shop_url`, `origin`), and has of each of two demo
tenants an API key (`api_keys`, for the header `Authorization: Bearer KEY`), the account (`account_ids`) and a
log-in to the website (`users`). The APIs are described at `openapi.json` below `url` and `shop_url`.
`--rate-limit 0` lifts the limit of calls. `--leak` may be repeated, but only one at a time tells which was found.

In the ground truth `stack` says where a leak leaks: `embedded` is the default, `production` needs `--stack
production` (`pip install 'clickdrop[production]'`, no root), and `both` is the same on either. With `--workers 1`
the requests meet in one process. `trigger` is what brings a leak about, `difficulty` what that takes, in a word
or two, `mechanism` what then goes wrong and `seen` what a customer would have seen of it. `shows_by` are the
properties that it breaks, as Partywall calls them ([reference](reference.md)); what a tool reports of any other
kind is not this leak. `seam` are the parts of the service, fields of `clickdrop.parts.Parts`, that the leak
exchanges. `sources` are where to read of its `incidents`.

{difficulties}
"""


DECOYS_HEAD = """## Decoys

What looks like a leak and is none: a tool that reports one of these {count} has raised a false alarm.
`clickdrop decoys --json` lists them, `clickdrop serve --decoy NAME` switches one on, and `make isolation DECOY=NAME`
runs the suite over it. Those that are declared are right only because somebody says that they are meant: a tool has
to be told, as `fixtures/decoys.py` tells the suite. What `support-staff` and `order-moves-on` need, that one tenant
lets another see its orders, the operator says by making a user of the one account with the address
`OTHER-ACCOUNT@accounts.example`.
Each is shown by hand, with the oracles' silence, in `tests/suite/test_decoys.py`.

| decoy | looks like | and is none, since | declared |
|---|---|---|---|
"""


def page() -> str:
    """The document."""
    leaks = sorted(LEAKS.values(), key=lambda leak: list(CLASSES).index(leak.leak_class))
    parts = [HEAD.format(count=len(leaks), classes=len(CLASSES), difficulties=_counts(leaks))]
    for name, members in groupby(leaks, key=lambda leak: leak.leak_class):
        lines = [f"## {name}\n", f"{CLASSES[name]}\n"]
        lines += ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
        parts.append("\n".join([*lines, *map(_row, members)]) + "\n")
    parts.append(DECOYS_HEAD.format(count=len(DECOYS)) + "\n".join(map(_decoy, DECOYS.values())) + "\n")
    return "\n".join(parts)


def _decoy(decoy: Decoy) -> str:
    return f"| `{decoy.name}` | {decoy.looks_like} | {decoy.reason} | {'yes' if decoy.declared else ''} |"


def _counts(leaks: list[Leak]) -> str:
    difficulties = Counter(leak.difficulty for leak in leaks)
    stacks = Counter(leak.stack for leak in leaks)
    rows = [f"| {each} | {difficulties[each]} |" for each in Difficulty]
    rows += [f"| stack: {stack} | {count} |" for stack, count in sorted(stacks.items())]
    return "\n".join(["| difficulty, stack | leaks |", "|---|---|", *rows])


def _row(leak: Leak) -> str:
    incidents = [f"[{INCIDENTS[number].name}]({INCIDENTS[number].source})" for number in leak.incidents]
    cells = (
        f"`{leak.name}`",
        leak.stack,
        leak.difficulty,
        ", ".join(leak.shows_by),
        ", ".join(f"`{part}`" for part in leak.seam),
        leak.trigger,
        leak.mechanism,
        leak.seen,
        ", ".join(incidents),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(page())
