"""Credentials are taken out, however many there are and whenever they were learned."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from partywall.drive.redaction import LOOSE_MAX, Redaction

SECRETS = st.lists(
    st.binary(min_size=8, max_size=12).map(lambda data: data.translate(bytes(b"abcd"[i % 4] for i in range(256)))),
    unique=True,
)


@given(secrets=SECRETS, text=st.binary(max_size=60), first=st.integers(0, 5), places=st.lists(st.integers(0, 60)))
def test_as_if_one_by_one(secrets: list[bytes], text: bytes, first: int, places: list[int]) -> None:
    """What is left of a text is what is left after replacing each credential in turn, the longest first."""
    names = {secret: b"<%d>" % index for index, secret in enumerate(secrets)}
    redaction = Redaction(dict(list(names.items())[:first]))
    for secret in secrets[first:]:
        redaction.learn(secret, names[secret])
    for place, secret in zip(places, secrets, strict=False):
        text = text[:place] + secret + text[place:]
    expected = text
    for secret in sorted((s for s in secrets if s in text), key=lambda s: (-len(s), s)):
        expected = expected.replace(secret, names[secret])
    assert redaction.clean(text) == expected


def test_many() -> None:
    """Of a thousand credentials, each is found wherever it was learned, and in a header is named."""
    secrets = [f"secret-{number:06}" for number in range(1_000)]
    redaction = Redaction({secret.encode(): b"early" for secret in secrets[:500]})
    for secret in secrets[500:]:
        assert secret.encode() not in redaction
        redaction.learn(secret.encode(), b"late")
    assert [redaction.clean_text(f"x {secret}.") for secret in secrets] == ["x early."] * 500 + ["x late."] * 500
    assert redaction.pseudonyms((("X-Key", secrets[0]), ("Cookie", f"a={secrets[999]}"))) == (
        ("x-key", "early"),
        ("cookie", "late"),
    )


def test_learned_after_it_was_asked() -> None:
    """A header's pseudonyms are looked up anew once a credential has been learned."""
    redaction = Redaction({})
    headers = (("Cookie", "sid=0123456789"),)
    assert redaction.pseudonyms(headers) == ()
    redaction.learn(b"0123456789", b"name")
    assert redaction.pseudonyms(headers) == (("cookie", "name"),)
    for number in range(2 * LOOSE_MAX):
        redaction.learn(b"%010d" % (10**9 + number), b"other")
    assert redaction.pseudonyms(headers) == (("cookie", "name"),)
