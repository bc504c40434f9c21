"""Did an attempt show what it must not?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from partywall.reporting.replay.answers import found_at, ids_at, named, placed_at, shown_at
from partywall.reporting.replay.texts import bare, texts_of

if TYPE_CHECKING:
    from partywall.reporting.replay.answers import Answer
    from partywall.reporting.replay.run import Run

MARK_CHARS = 8
TIME = re.compile(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:z|[+-]\d\d:?\d\d)?")
AMOUNT = re.compile(r"[^\d\w-]{0,2}(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?")


class Check:
    """Does a response show what it must not?"""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._sought = run.program["look_for"]
        self._assigned: dict[str, set[str]] = {}
        self._made: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}

    def showed(self) -> str:
        """What this attempt showed, in words; "" if nothing."""
        for name, values in (("assigned", self._assigned), ("made", self._made)):
            for each in self._sought[name]:
                if value := self._run.value(each["step"], each["place"]):
                    values.setdefault(value.lower(), set()).add(each["owner"])
        if self._sought["relation"]:
            return self._relation(self._sought["relation"])
        if self._sought["kind"] == "missing":
            return self._missing()
        looks = {
            "content": self._content,
            "identifier": self._identifier,
            "partial": self._partial,
            "wrong-name": self._wrong_name,
        }
        shown = [(answer.step["operation"], looks[self._sought["kind"]](answer)) for answer in self._run.fresh]
        return next((words for operation, words in shown if words and operation == self._sought["operation"]), "")

    def _content(self, answer: Answer) -> str:
        viewer = answer.step["role"]
        stored = [a for a in self._run.answers.values() if a.step["operation"] in self._sought["makers"]]
        own = " ".join([answer.sent, *(a.sent for a in stored if a.step["role"] == viewer)])
        foreign = {v: owners for v, owners in self._owners().items() if viewer not in owners and v not in own}
        keys = {caller.key: role for role, caller in self._run.service.callers.items() if role != viewer}
        for text in texts_of(answer):
            for value, owners in foreign.items():
                if value in text.lower():
                    return _words(answer, min(owners), value)
            for key in keys.keys() & set(re.split(r"[\s;=,]+", text)):
                return _words(answer, keys[key], "its API key")
        return self._drawn(answer, own)

    def _drawn(self, answer: Answer, own: str) -> str:
        """A value that others could have by chance counts at places of its name alone."""
        for each in self._sought["drawn"]:
            shown = {canonical(value) for value in named(answer.body, each["name"])}
            sent = each["value"] in own or each["value"] in bare(own)
            if each["owner"] != answer.step["role"] and each["value"] in shown and not sent:
                return _words(answer, each["owner"], each["value"])
        return ""

    def _partial(self, answer: Answer) -> str:
        """A piece of a planted value is the same in every run; of what the service assigned, it is cut anew."""
        for each in self._sought["pieces"]:
            value, whole = each["value"], ""
            if each["cut_from"]:
                whole = bare(self._run.value(each["cut_from"]["step"], each["cut_from"]["place"]))
                value = whole[: each["front"]] + each["between"] + whole[len(whole) - each["back"] :]
            if each["owner"] == answer.step["role"] or value in answer.sent or bool(whole) != bool(each["cut_from"]):
                continue
            shown = found_at(answer.body, [each["at"]]) if each["at"] else texts_of(answer)
            if any(value in text.lower() or (len(value) >= MARK_CHARS and value in bare(text)) for text in shown):
                return _words(answer, each["owner"], value)
        return ""

    def _owners(self) -> dict[str, set[str]]:
        found = {value: set(owners) for value, owners in self._assigned.items()}
        for each in self._sought["planted"]:
            found.setdefault(self._run.planted(each["value"]), set()).add(each["owner"])
        for role, caller in self._run.service.callers.items():
            if caller.name and self._sought["names"]:
                found.setdefault(caller.name.lower(), set()).add(role)
        return found

    def _identifier(self, answer: Answer) -> str:
        for value in ids_at(answer, self._sought["shown_at"]) if answer.succeeded else []:
            owners = self._made.get(value.lower(), set())
            if owners and answer.step["role"] not in owners:
                return _words(answer, min(owners), value)
        return ""

    def _wrong_name(self, answer: Answer) -> str:
        """Wrong is a name that is not the caller's; where names are not known, one that another is called by,
        or a second one, or whichever stands beside another's values."""
        viewer, callers = answer.step["role"], self._run.service.callers
        at = [place for operation, place in self._sought["named_at"] if operation == answer.step["operation"]]
        for value in found_at(answer.body, at) if answer.succeeded else []:
            others = {role for role, names in self._names.items() if role != viewer and value in names}
            others |= {role for role, caller in callers.items() if role != viewer and value == caller.name}
            own = {callers[viewer].name} - {""} or self._names.setdefault(viewer, set())
            if (own and value not in own) or (others and not callers[viewer].name):
                return _words(answer, min(others, default="another"), value)
            self._names.setdefault(viewer, set()).add(value)
        return "" if callers[viewer].name else self._content(answer)

    def _relation(self, told: dict[str, Any]) -> str:
        """Does the relation of two answers hold that should not?"""
        first, last = self._run.answers.get(told["first"]), self._run.answers.get(told["last"])
        if last is None or last not in self._run.fresh or (first is None and told["name"] not in ("status", "kept")):
            return ""
        one, other = (
            _at(a, told[at], self._run.planted(told["key"])) if a else []
            for a, at in ((first, "at_first"), (last, "at_last"))
        )
        match told["name"]:
            case "status":
                shown = last.succeeded if told["value"] == "2xx" else str(last.status) == told["value"]
            case "differs":
                shown = sorted(one) != sorted(other) if told["at_last"] else _said(first) != _said(last)
            case "same":
                shown = bool(set(one) & set(other))
            case "kept":
                shown = bool(set(one) & set(other)) or (last.succeeded and _kept(last, told["at_last"]))
            case "influenced":
                shown = self._influenced(first, last, told["at_last"])
            case "many":
                shown = len({*one, *other}) > 1
            case _:
                shown = last.succeeded and not other
        return str(told["words"]) if shown else ""

    def _influenced(self, first: Answer | None, last: Answer, places: list[str]) -> bool:
        """Was the second told something else, but for ids of its own, which count by when they were made?"""
        if first is None:
            return False
        ours, theirs = self._words_at(first, places), self._words_at(last, places)
        pairs = zip(ours, theirs, strict=False)
        return len(ours) != len(theirs) or not all(a == b or (i and i == j) for (a, i), (b, j) in pairs)

    def _words_at(self, answer: Answer, places: list[str]) -> list[tuple[str, str]]:
        """Words at places of an answer, but for what its request named, and times; with each, which of the role's own
        ids it is."""
        told = _at(answer, places, "")
        role, named = answer.step["role"], set(re.findall(r"[\w-]+", answer.sent))
        own = [value for value, owners in self._made.items() if role in owners]
        words = [word for text in told for word in re.findall(r"[\w-]+", TIME.sub("", text.lower()))]
        return [(word, f"own {own.index(word)}" if word in own else "") for word in words if word not in named]

    def _missing(self) -> str:
        fresh = {answer.step["number"]: answer for answer in self._run.fresh}
        looks = [fresh.get(number) for number in self._sought["looks"]]
        if not all(answer and (answer.succeeded or answer.status == 404) for answer in looks):
            return ""
        pages = [answer for answer in looks if answer]
        shown = {value.lower() for page in pages for value in ids_at(page, self._sought["shown_at"])}
        more = found_at(pages[-1].body, [self._sought["more_at"]]) if self._sought["more_at"] else []
        for each in self._sought["made"]:
            value = self._run.value(each["step"], each["place"])
            if value and value.lower() not in shown and not more:
                return f"{self._sought['operation']} did not show {each['owner']} its own: {value}"
        return ""


def _at(answer: Answer, places: list[Any], key: str) -> list[str]:
    """What an answer has at places (see `shown_at`), or beside a key ([place of keys, place of values])."""
    found: list[str] = []
    for place in places:
        if isinstance(place, list):
            keys = dict(placed_at(answer.body, place[0])) if place[0] else {}
            values = placed_at(answer.body, place[1])
            parents = {where.rpartition("/")[0] for where, value in keys.items() if value == key}
            found += [value for where, value in values if not place[0] or where.rpartition("/")[0] in parents]
        else:
            found += shown_at(answer, place)
    return found


def _kept(log_in: Answer, places: list[str]) -> bool:
    """Is a session that a log-in was sent with the one that it leaves in force?"""
    for place in places:
        sent = log_in.cookies.get(place.removeprefix("cookie:")) if place.startswith("cookie:") else None
        if sent and sent in (shown_at(log_in, place) or [sent]):
            return True
    return False


def _said(answer: Answer | None) -> tuple[object, ...]:
    """Status and words of an answer, but for what its request named and what looks freely chosen."""
    if answer is None:
        return ()
    own = set(re.findall(r"[^\W_]+", answer.sent))
    words = re.findall(r"[^\W_]+", answer.body.decode("utf-8", "replace").lower())
    return (answer.status, *(word for word in words if word not in own and not re.search(r"\d", word)))


def canonical(value: str) -> str:
    """A value however it is written: an amount without separators and trailing zeros, else letters and digits."""
    if match := AMOUNT.fullmatch(value.strip()):
        whole, fraction = match.group(1).replace(",", ""), (match.group(2) or "").rstrip("0")
        return f"{whole}.{fraction}" if fraction else whole
    return bare(value)


def _words(answer: Answer, owner: str, value: str) -> str:
    return f"{answer.step['operation']} showed {answer.step['role']} a value of {owner}: {value}"
