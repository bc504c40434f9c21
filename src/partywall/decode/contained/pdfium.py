"""What a PDF says, through PDFium. Runs in the child.

Fonts' own encodings are resolved, so that text is what a person reads; scanning streams is not enough.
"""

from __future__ import annotations

import base64
import ctypes
from typing import TYPE_CHECKING, Any

import pypdfium2
import pypdfium2.raw

from partywall.decode.contained.pictures import FRAME_PIXELS_MAX, barcodes
from partywall.decode.escapes import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from partywall.decode.contained.wire import Answer
    from partywall.decode.limits import Limits

c: Any = pypdfium2.raw  # made by ctypesgen at import, without types

# Modules of 0.25 mm, the least that posts print, are two pixels wide.
_DPI = 200
# The smallest code has more corners; so have bars that are drawn one by one, and none of them is 88 mm long.
_CORNERS_MIN = 60
_BAR_POINTS_MAX = 250
_QUIET_POINTS = 14
_OBJECTS_MAX = 2_000
_ANNOTATIONS_MAX = 1_000
_ATTACHMENTS_MAX = 200
_BOOKMARKS_MAX = 5_000
_STRINGS = ("Contents", "T", "TU", "TM", "V", "DV", "RC", "Subj", "NM", "CA", "AC", "RU", "A", "Name")

# Left, bottom, right, top, in points.
Area = tuple[float, float, float, float]


def pdf_parts(data: bytes, limits: Limits) -> Iterator[Answer]:
    """Everything of a document; what can't be read is told."""
    try:
        pdf = pypdfium2.PdfDocument(data)
        pdf.init_forms()
    except pypdfium2.PdfiumError as error:
        yield "unseen", "", f"PDF that can't be read: {error}", [], ""
        return
    yield from _document(pdf)
    pixels = limits.pixels
    for index in range(min(len(pdf), limits.pages)):
        place = f"/page {index + 1}"
        try:
            page = pdf[index]
        except pypdfium2.PdfiumError as error:
            yield "unseen", place, f"page that can't be read: {error}", [], ""
            continue
        yield from _text(page, place)
        annotated = yield from _annotations(pdf, page, place)
        area = _whole(page) if annotated else codes_area(page)
        if area is not None:
            left, bottom, right, top = area
            width, height = (max(1, int(side * _DPI / 72)) for side in (right - left, top - bottom))
            pixels -= width * height
            if width * height > FRAME_PIXELS_MAX or pixels < 0:
                yield "unseen", place, f"barcodes: {width} x {height} pixels are too many", [], ""
            else:
                page_width, page_height = page.get_size()
                crop = (left, bottom, page_width - right, page_height - top)
                yield from barcodes(page.render(scale=_DPI / 72, grayscale=True, crop=crop).to_pil(), place)
        page.close()
    if len(pdf) > limits.pages:
        yield "unseen", "", f"pages beyond the first {limits.pages}", [], ""


def _document(pdf: Any) -> Iterator[Answer]:
    for key in (*pdf.METADATA_KEYS, "Trapped"):
        if value := pdf.get_metadata_value(key):
            yield "shown", f"/info/{key}", value, ["metadata"], ""
    for number, bookmark in enumerate(pdf.get_toc(max_depth=15)):
        if number >= _BOOKMARKS_MAX:
            yield "unseen", "/bookmarks", f"bookmarks beyond the first {_BOOKMARKS_MAX}", [], ""
            break
        yield "shown", f"/bookmark {number + 1}", bookmark.get_title(), ["bookmark"], ""
        action = c.FPDFBookmark_GetAction(bookmark)
        if action and (target := _bytes(lambda *to: c.FPDFAction_GetURIPath(pdf, action, *to))):  # noqa: B023
            yield "shown", f"/bookmark {number + 1}", target.rstrip(b"\0").decode("utf-8", "replace"), ["link"], ""
    attachments = pdf.count_attachments()
    for index in range(min(attachments, _ATTACHMENTS_MAX)):
        attachment = pdf.get_attachment(index)
        name = attachment.get_name()
        yield "shown", f"/attachment {name}", name, ["name"], ""
        content = bytes(attachment.get_data())
        yield "nested", f"/attachment {name}", base64.b64encode(content).decode(), ["attachment"], ""
    if attachments > _ATTACHMENTS_MAX:
        yield "unseen", "", f"attachments beyond the first {_ATTACHMENTS_MAX}", [], ""
    for index in range(min(c.FPDFDoc_GetJavaScriptActionCount(pdf), _ATTACHMENTS_MAX)):
        action = c.FPDFDoc_GetJavaScriptAction(pdf, index)
        for read in (c.FPDFJavaScriptAction_GetName, c.FPDFJavaScriptAction_GetScript):
            yield "shown", f"/script {index + 1}", _wide(lambda *to: read(action, *to)), ["script"], ""  # noqa: B023
        c.FPDFDoc_CloseJavaScriptAction(action)


def _text(page: Any, place: str) -> Iterator[Answer]:
    text_page = page.get_textpage()
    # PDFium writes U+0002 for a hyphen at the end of a line and joins the lines.
    text = text_page.get_text_bounded()
    text_page.close()
    yield "shown", place, text.replace("\x02", "-"), [], ""
    if whole := joined(text.replace("\x02", "")):
        yield "shown", place, whole, ["joined"], ""


def _annotations(pdf: Any, page: Any, place: str) -> Generator[Answer, None, bool]:
    """Texts, link targets and form fields of a page's annotations. Gives back whether any but a link is drawn."""
    count, drawn = c.FPDFPage_GetAnnotCount(page), False
    for index in range(min(count, _ANNOTATIONS_MAX)):
        annotation = c.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        where = f"{place}/annotation {index + 1}"
        drawn = drawn or c.FPDFAnnot_GetSubtype(annotation) != c.FPDF_ANNOT_LINK
        for key in _STRINGS:
            if c.FPDFAnnot_HasKey(annotation, key.encode()):
                text = _wide(lambda *to: c.FPDFAnnot_GetStringValue(annotation, key.encode(), *to))  # noqa: B023
                if text:
                    yield "shown", f"{where}/{key}", text, ["annotation"], ""
        link = c.FPDFAnnot_GetLink(annotation)
        action = c.FPDFLink_GetAction(link) if link else None
        if action:
            target = _bytes(lambda *to: c.FPDFAction_GetURIPath(pdf, action, *to)).rstrip(b"\0")  # noqa: B023
            yield "shown", f"{where}/link", target.decode("utf-8", "replace"), ["link"], ""
        yield from _field(pdf, annotation, where)
        c.FPDFPage_CloseAnnot(annotation)
    if count > _ANNOTATIONS_MAX:
        yield "unseen", place, f"annotations beyond the first {_ANNOTATIONS_MAX}", [], ""
    return drawn


def _field(pdf: Any, annotation: Any, where: str) -> Iterator[Answer]:
    """Name, alternate name, value and options of a form field, inherited ones too."""
    if pdf.formenv is None or c.FPDFAnnot_GetSubtype(annotation) != c.FPDF_ANNOT_WIDGET:
        return
    for read in (
        c.FPDFAnnot_GetFormFieldName,
        c.FPDFAnnot_GetFormFieldAlternateName,
        c.FPDFAnnot_GetFormFieldValue,
        c.FPDFAnnot_GetFormFieldExportValue,
    ):
        if text := _wide(lambda *to: read(pdf.formenv, annotation, *to)):  # noqa: B023
            yield "shown", f"{where}/field", text, ["field"], ""
    for option in range(min(c.FPDFAnnot_GetOptionCount(pdf.formenv, annotation), _ANNOTATIONS_MAX)):
        text = _wide(lambda *to: c.FPDFAnnot_GetOptionLabel(pdf.formenv, annotation, option, *to))  # noqa: B023
        yield "shown", f"{where}/option {option + 1}", text, ["field"], ""


def codes_area(page: Any) -> Area | None:
    """Where on a page barcodes could be drawn: around images, forms, and paths with many corners or many together; None
    if nowhere. A page of text, and of the rules of a table, has none: to look it all over would take ten times longer
    than to read it."""
    count = c.FPDFPage_CountObjects(page)
    # Bounds are in the page's own coordinates, which these would move or turn.
    if count > _OBJECTS_MAX or page.get_rotation() or tuple(page.get_bbox()[:2]) != (0, 0):
        return _whole(page)
    areas: list[Area] = []
    small: list[Area] = []
    corners = 0
    for index in range(count):
        drawn = c.FPDFPage_GetObject(page, index)
        kind = c.FPDFPageObj_GetType(drawn)
        if kind == c.FPDF_PAGEOBJ_TEXT:
            continue
        bounds = _bounds(drawn)
        segments = c.FPDFPath_CountSegments(drawn) if kind == c.FPDF_PAGEOBJ_PATH else _CORNERS_MIN
        if segments >= _CORNERS_MIN:
            areas.append(bounds)
        elif max(bounds[2] - bounds[0], bounds[3] - bounds[1]) <= _BAR_POINTS_MAX:
            small.append(bounds)
            corners += segments
    if corners >= _CORNERS_MIN:
        areas += small
    if not areas:
        return None
    whole = _whole(page)
    left, bottom, right, top = (
        pick(sides) for pick, sides in zip((min, min, max, max), zip(*areas, strict=True), strict=True)
    )
    return (
        max(left - _QUIET_POINTS, 0),
        max(bottom - _QUIET_POINTS, 0),
        min(right + _QUIET_POINTS, whole[2]),
        min(top + _QUIET_POINTS, whole[3]),
    )


def _whole(page: Any) -> Area:
    return (0, 0, *page.get_size())


def _bounds(drawn: Any) -> Area:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    c.FPDFPageObj_GetBounds(drawn, *(ctypes.byref(side) for side in (left, bottom, right, top)))
    return left.value, bottom.value, right.value, top.value


def _bytes(read: Callable[..., int]) -> bytes:
    """What a function of PDFium's that fills a buffer has to say."""
    size = read(None, 0)
    if size <= 0:
        return b""
    buffer = ctypes.create_string_buffer(size)
    read(buffer, size)
    return buffer.raw


def _wide(read: Callable[..., int]) -> str:
    """The same for UTF-16LE."""
    return (
        _bytes(lambda buffer, size: read(ctypes.cast(buffer, ctypes.POINTER(c.FPDF_WCHAR)), size))
        .decode("utf-16-le", "replace")
        .rstrip("\0")
    )
