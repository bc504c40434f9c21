"""The printed documents, read back as a person's PDF reader and a scanner would."""

from __future__ import annotations

import io
import re
import string
import zlib
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Final

import pypdfium2
import pytest
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from clickdrop.adapters.documents import PdfDocuments
from clickdrop.domain.documents import (
    CustomsContent,
    CustomsLine,
    DespatchLine,
    DespatchNoteContent,
    Documents,
    LabelContent,
    LabelPages,
    ManifestContent,
    ManifestRow,
    Party,
    ReturnLabelContent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTS: Final[Documents] = PdfDocuments()
SENDER: Final = Party(
    "Jane Seller",
    "Pennine Pottery Ltd",
    ("Unit 4", "The Old Mill", "Canal Road"),
    "Hebden Bridge",
    "West Yorkshire",
    "HX7 8AZ",
    "GB",
)
RECIPIENT: Final = Party(
    "Mr André Müller-Løvdal", "Fjord & Fjäll", ("88 Rosebery Crescent",), "Edinburgh", None, "EH12 5JP", "GBR"
)
LABEL: Final = LabelContent(
    sender=SENDER,
    recipient=RECIPIENT,
    service_code="TPS48",
    service_name="Royal Mail Tracked 48",
    tracking_number="RM123456785GB",
    order_identifier=1000123,
    order_reference="INV-2024/0017",
    weight_in_grams=1250,
    instructions="Leave with the neighbour if out; ring twice.",
    date=datetime(2024, 5, 17, 9, 30, tzinfo=UTC),
)
RETURN: Final = ReturnLabelContent(
    sender=RECIPIENT,
    recipient=SENDER,
    service_code="TSS",
    service_name="Royal Mail Tracked Returns 48",
    tracking_number="TU246813579GB",
    unique_item_id="0A1B2C3D4E5F60718293",
    reference="RMA 55",
)
CUSTOMS: Final = CustomsContent(
    form="CN22",
    label=LABEL,
    lines=(
        CustomsLine("Stoneware mug", 2, Decimal("24.50"), 380, "691200", "IE"),
        CustomsLine("Porcelain bowl", 1, Decimal(62), 490, None, None),
    ),
    currency_code="GBP",
    total=Decimal("111.00"),
    category="saleOfGoods",
    sender_reference="GB123456789000",
    recipient_reference="IM0123456789",
    invoice_number="CI-77",
)
NOTE: Final = DespatchNoteContent(
    sender=SENDER,
    recipient=RECIPIENT,
    order_identifier=1000123,
    order_reference="INV-2024/0017",
    date=LABEL.date,
    lines=(
        DespatchLine("MUG-01", "Stoneware mug", 2, Decimal("24.50")),
        DespatchLine(None, "Gift wrap", 3, None),
        DespatchLine("BOWL-7", None, 1, Decimal(62)),
    ),
    currency_code="GBP",
    subtotal=Decimal("111.00"),
    shipping=Decimal("4.25"),
    total=Decimal("115.25"),
    service_name="Royal Mail Tracked 48",
    tracking_number="RM123456785GB",
    instructions="Thank you for your order.",
)
MANIFEST: Final = ManifestContent(
    account_name="Pennine Pottery Ltd",
    carrier_name="Royal Mail OBA",
    manifest_number=100042,
    created=LABEL.date,
    rows=tuple(
        ManifestRow(1000000 + n, f"INV-{n}", "Mr André Müller", "EH12 5JP", "TPS48", f"RM{n:09}GB") for n in range(130)
    ),
)

SYMBOLOGIES: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.DataMatrix])

WORDS: Final = st.one_of(
    st.text(string.ascii_letters + string.digits, min_size=1, max_size=40),
    st.text("WM@Æ", min_size=1, max_size=40),
    st.text(string.ascii_letters + "àâäåçéèêëíïñóôöøúüýÀÅÄÉÖØÜßŠžŒ€£'’&().,/:;\\%\"+#", min_size=1, max_size=12),
    st.from_regex(r"[A-Za-z]{1,9}-[a-z0-9]{1,9}", fullmatch=True),
)


def texts(length_max: int) -> st.SearchStrategy[str]:
    """Give texts of one word or many, as long as the API takes them."""
    return st.lists(WORDS, min_size=1, max_size=30).map(lambda words: " ".join(words)[:length_max].strip(" -"))


PARTIES: Final = st.builds(
    Party,
    name=st.none() | texts(210),
    company=st.none() | texts(100),
    lines=st.lists(texts(100), min_size=1, max_size=3).map(tuple),
    city=texts(100),
    county=st.none() | texts(100),
    postcode=st.none() | texts(20),
    country_code=st.sampled_from(["GB", "FRA"]),
)


def pages(pdf: bytes) -> list[str]:
    """Give the text of each page, any white space as one space."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


def codes(pdf: bytes, dpi: int, page: int = 0) -> dict[str, str]:
    """Scan a page as a parcel scanner is set, for these two symbologies: the text of each code."""
    with pypdfium2.PdfDocument(pdf) as document:
        image = document[page].render(scale=dpi / 72).to_pil()
    return {found.format.name: found.text.rstrip(" ") for found in zxingcpp.read_barcodes(image, formats=SYMBOLOGIES)}


def overprinted(pdf: bytes) -> list[tuple[str, str]]:
    """Give the pairs of texts that are printed over each other by more than 0.3 points in both directions."""
    found: list[tuple[str, str]] = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            text = page.get_textpage()
            rects = [text.get_rect(n) for n in range(text.count_rects())]
            for one, other in combinations(rects, 2):
                across = min(one[2], other[2]) - max(one[0], other[0])
                down = min(one[3], other[3]) - max(one[1], other[1])
                if across > 0.3 and down > 0.3:
                    found.append((text.get_text_bounded(*one), text.get_text_bounded(*other)))
    return found


def spoken(value: object) -> Iterator[str]:
    """Give every text, number and amount that a document's content holds, as it is printed."""
    if is_dataclass(value):
        for field in fields(value):
            yield from spoken(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from spoken(item)
    elif isinstance(value, datetime):
        yield f"{value:%d/%m/%Y}"
    elif isinstance(value, Decimal):
        yield f"{value:.2f}"
    elif value is not None:
        yield str(value)


def missing(content: object, text: str) -> list[str]:
    """Give what a content says and a printed text does not."""
    return [said for said in spoken(content) if " ".join(said.split()) not in text]


def test_every_field_of_a_label_is_on_its_page() -> None:
    """A postage label, its return label and its CN22 each have a page that says all of their contents."""
    label, returns, customs = pages(DOCUMENTS.labels([LabelPages(LABEL, RETURN, CUSTOMS)]))
    assert missing(LABEL, label) == []
    assert missing(RETURN, returns) == []
    on_customs = replace(CUSTOMS, label=replace(LABEL, instructions=None), lines=(), category="Sale of goods")
    assert missing(on_customs, customs) == []
    for said in ("Stoneware mug 2 49.00 760 g 691200 IE", "Porcelain bowl 1 62.00 490 g", "1250 g"):
        assert said in customs


def test_optional_fields_leave_no_trace() -> None:
    """A label without reference and instructions has no captions for them."""
    (text,) = pages(DOCUMENTS.labels([LabelPages(replace(LABEL, order_reference=None, instructions=None))]))
    assert "Reference" not in text
    assert "Instructions" not in text
    assert "None" not in text


def test_a_return_label_says_its_content() -> None:
    """A return label by itself is one page that says all of its content."""
    (text,) = pages(DOCUMENTS.return_label(RETURN))
    assert missing(RETURN, text) == []


@pytest.mark.parametrize("form", ["CN22", "CN23"])
def test_a_long_customs_declaration_goes_on_over_pages(form: str) -> None:
    """A customs declaration of 60 lines has them all, in order, and each page repeats the column titles."""
    lines = tuple(replace(CUSTOMS.lines[0], description=f"Goods of kind {n}") for n in range(60))
    pdf = DOCUMENTS.customs_declarations([replace(CUSTOMS, form="CN23" if form == "CN23" else "CN22", lines=lines)])
    texts_of_pages = pages(pdf)
    assert len(texts_of_pages) > 1
    assert [int(n) for n in re.findall(r"Goods of kind (\d+)", " ".join(texts_of_pages))] == list(range(60))
    for text in texts_of_pages:
        assert form in text
    assert "Description of contents" in texts_of_pages[1]
    assert "Total value 111.00 GBP" in texts_of_pages[-1]


def test_a_despatch_note_says_its_content() -> None:
    """A despatch note says all of its content, and the total of each line that has a price."""
    (text,) = pages(DOCUMENTS.despatch_notes([NOTE]))
    assert missing(NOTE, text) == []
    assert "MUG-01 Stoneware mug 2 24.50 49.00" in text
    assert "Gift wrap 3 BOWL-7" in text


def test_a_manifest_lists_every_order() -> None:
    """A manifest says all of its content, each row on one line, over as many pages as it takes."""
    texts_of_pages = pages(DOCUMENTS.manifest(MANIFEST))
    whole = " ".join(texts_of_pages)
    assert len(texts_of_pages) > 1
    assert missing(MANIFEST, whole) == []
    for row in MANIFEST.rows:
        assert " ".join(spoken(row)) in whole
    assert "TPS48 130" in texts_of_pages[-1]
    assert codes(DOCUMENTS.manifest(MANIFEST), 150)["Code128"] == "100042"


@settings(max_examples=60, deadline=None)
@given(
    sender=PARTIES,
    recipient=PARTIES,
    reference=texts(40),
    instructions=st.none() | texts(500),
)
@example(sender=SENDER, recipient=RECIPIENT, reference="W" * 40, instructions="W" * 500)
@example(
    sender=replace(SENDER, name="W" * 210, company="M" * 100),
    recipient=replace(RECIPIENT, name=("W" * 40 + " ") * 5, lines=("M" * 100,) * 3, city="@" * 100),
    reference="i" * 40,
    instructions="a b " * 125,
)
def test_no_word_of_a_label_is_cut_or_broken(
    sender: Party, recipient: Party, reference: str, instructions: str | None
) -> None:
    """However long names and addresses are, the label has each field, word for word and in one piece."""
    label = replace(LABEL, sender=sender, recipient=recipient, order_reference=reference, instructions=instructions)
    returns = replace(RETURN, sender=recipient, recipient=sender, reference=reference)
    customs = replace(CUSTOMS, label=replace(label, instructions=None))
    label_page, return_page, *customs_pages = pages(DOCUMENTS.labels([LabelPages(label, returns, customs)]))
    assert missing(label, label_page) == []
    assert missing(returns, return_page) == []
    assert missing(customs.label, " ".join(customs_pages)) == []


@settings(max_examples=25, deadline=None)
@given(sender=PARTIES, recipient=PARTIES, reference=texts(40), instructions=texts(500))
def test_texts_of_a_label_keep_clear_of_each_other(
    sender: Party, recipient: Party, reference: str, instructions: str
) -> None:
    """However long names and addresses are, no text of a label is printed over another."""
    label = replace(LABEL, sender=sender, recipient=recipient, order_reference=reference, instructions=instructions)
    returns = replace(RETURN, sender=recipient, recipient=sender, reference=reference)
    assert overprinted(DOCUMENTS.labels([LabelPages(label, returns, replace(CUSTOMS, label=label))])) == []


@settings(max_examples=40, deadline=None)
@given(name=texts(800), sku=texts(100), reference=texts(40), recipient=PARTIES, account=texts(250))
def test_no_word_of_a_paper_is_cut_or_broken(
    name: str, sku: str, reference: str, recipient: Party, account: str
) -> None:
    """However long a table's cells are, despatch note, manifest and CN22 have them in one piece."""
    note = replace(
        NOTE, recipient=recipient, order_reference=reference, lines=(DespatchLine(sku, name, 1, Decimal(1)),)
    )
    assert missing(note, " ".join(pages(DOCUMENTS.despatch_notes([note])))) == []
    row = replace(MANIFEST.rows[0], reference=reference, recipient_name=recipient.name)
    manifest = replace(MANIFEST, account_name=account, rows=(row, row))
    assert missing(manifest, " ".join(pages(DOCUMENTS.manifest(manifest)))) == []
    customs = replace(CUSTOMS, lines=(replace(CUSTOMS.lines[0], description=name[:300].strip(" -")),))
    (line,) = customs.lines
    assert missing(line.description, " ".join(pages(DOCUMENTS.customs_declarations([customs])))) == []


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Łukasz Żółkiewski", "Lukasz Zólkiewski"),
        ("Đorđe Ćirić", "Dorde Ciric"),
        ("Zoe\u0308 Strauß", "Zoë Strauß"),
        ("ﬁne\u00a0goods\tand\nmore", "fine goods and more"),
        ("co\u00adop\u200b", "coop"),
        ("東京 M4RK", "?? M4RK"),
        ("(50%) \\ €5", "(50%) \\ €5"),
    ],
)
def test_what_the_fonts_lack_is_spelt_readably(written: str, printed: str) -> None:
    """Characters that the fonts lack are transliterated, or a question mark, and leave the rest alone."""
    (text,) = pages(DOCUMENTS.labels([LabelPages(replace(LABEL, instructions=f"<{written}>"))]))
    assert f"<{printed}>" in text


@settings(max_examples=15, deadline=None)
@given(
    tracking_number=st.from_regex(r"[A-Z]{2}[0-9]{9}GB", fullmatch=True),
    order_identifier=st.integers(1, 2**63 - 1),
    item=st.uuids().map(str) | st.from_regex(r"[0-9A-F]{16,22}", fullmatch=True),
    dpi=st.sampled_from([150, 300]),
)
def test_a_scanner_reads_the_codes_of_a_label(tracking_number: str, order_identifier: int, item: str, dpi: int) -> None:
    """At 150 and at 300 dpi a scanner reads tracking number and identifier from label and return label."""
    label = replace(LABEL, tracking_number=tracking_number, order_identifier=order_identifier)
    returns = replace(RETURN, tracking_number=tracking_number, unique_item_id=item)
    pdf = DOCUMENTS.labels([LabelPages(label, returns, replace(CUSTOMS, label=label))])
    linear = {"Code128": tracking_number}
    assert codes(pdf, dpi) == {**linear, "DataMatrix": f"{tracking_number} {order_identifier}"}
    assert codes(pdf, dpi, page=1) == {**linear, "DataMatrix": f"{tracking_number} {item}"}
    assert codes(pdf, dpi, page=2) == linear


@pytest.mark.parametrize("tracking_number", ["", "ZÜRICH1", "A:B"])
def test_what_no_code_can_say_is_refused(tracking_number: str) -> None:
    """A tracking number that cannot be a code is an error, never a code that says something else."""
    with pytest.raises(ValueError, match=r"barcode|Data Matrix"):
        DOCUMENTS.labels([LabelPages(replace(LABEL, tracking_number=tracking_number))])


@pytest.mark.parametrize("text", ["RM123456785GB", "https://example.org/returns?id=0A1B&x=ü", "x" * 300])
def test_a_qr_code_reads_back(text: str) -> None:
    """The QR code is a PNG image from which a scanner reads the text."""
    image = Image.open(io.BytesIO(DOCUMENTS.qr_code(text)))
    assert image.format == "PNG"
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [text]


def test_many_labels_are_one_file() -> None:
    """Labels of 40 orders are one file of 40 pages, as ordered, each of which says its own order only."""
    labels = [
        replace(LABEL, order_identifier=5000000 + n, tracking_number=f"RM{n:09}GB", order_reference=f"REF{n:03}")
        for n in range(40)
    ]
    texts_of_pages = pages(DOCUMENTS.labels([LabelPages(label) for label in labels]))
    assert len(texts_of_pages) == 40
    for label, text in zip(labels, texts_of_pages, strict=True):
        assert missing(label, text) == []
        assert re.findall(r"REF\d{3}", text) == [label.order_reference]


def test_nothing_to_print_is_an_error() -> None:
    """An empty batch is refused, never an empty page."""
    for print_batch in (DOCUMENTS.labels, DOCUMENTS.despatch_notes, DOCUMENTS.customs_declarations):
        with pytest.raises(ValueError, match="at least one document"):
            print_batch([])


def test_equal_contents_give_equal_bytes() -> None:
    """Each document printed twice is the same file, and says no time at which it was printed."""
    runs = [
        [
            DOCUMENTS.labels([LabelPages(LABEL, RETURN, CUSTOMS)]),
            DOCUMENTS.despatch_notes([NOTE]),
            DOCUMENTS.customs_declarations([CUSTOMS]),
            DOCUMENTS.manifest(MANIFEST),
            DOCUMENTS.return_label(RETURN),
            DOCUMENTS.qr_code("RM123456785GB"),
        ]
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    with pypdfium2.PdfDocument(DOCUMENTS.return_label(RETURN)) as document:
        assert document.get_metadata_value("CreationDate").startswith("D:2000")


def test_text_is_literal_in_the_page_streams() -> None:
    """Inflating a label's streams is enough to find its words, as scanners of mail and of backups do."""
    pdf = DOCUMENTS.labels([LabelPages(LABEL)])
    streams = [zlib.decompress(found) for found in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)]
    assert any(b"(INV-2024/0017) Tj" in stream for stream in streams)
