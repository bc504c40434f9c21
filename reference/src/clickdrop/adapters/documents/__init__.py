"""The documents, printed with reportlab: vector PDF files whose texts and codes a machine can read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clickdrop.adapters.documents.codes import qr_png
from clickdrop.adapters.documents.customs import customs_declaration
from clickdrop.adapters.documents.labels import postage_label, return_label
from clickdrop.adapters.documents.papers import despatch_note, manifest
from clickdrop.adapters.documents.payments import payment
from clickdrop.adapters.documents.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickdrop.domain.documents import (
        CustomsContent,
        DespatchNoteContent,
        LabelPages,
        ManifestContent,
        PaymentContent,
        ReturnLabelContent,
    )

__all__ = ["PdfDocuments"]


class PdfDocuments:
    """Implements the port `Documents`: labels and CN22 on four by six inches, all else on A4.

    A label's Code 128 says the tracking number; its Data Matrix says the tracking number, a space and the
    order identifier (on a return label, the unique item identifier). Letters, digits and hyphens are safe in
    both; for what a code cannot say `ValueError` is raised.
    """

    def labels(self, items: Sequence[LabelPages]) -> bytes:
        """Print per order the postage label, then its return label and customs declaration if it has them."""
        sheet = Sheet("Postage labels")
        for item in items:
            postage_label(sheet, item.label)
            if item.returns is not None:
                return_label(sheet, item.returns)
            if item.customs is not None:
                customs_declaration(sheet, item.customs)
        return sheet.finish()

    def despatch_notes(self, items: Sequence[DespatchNoteContent]) -> bytes:
        """Print the despatch notes, each from a new page."""
        sheet = Sheet("Despatch notes")
        for item in items:
            despatch_note(sheet, item)
        return sheet.finish()

    def customs_declarations(self, items: Sequence[CustomsContent]) -> bytes:
        """Print the customs declarations, each from a new page."""
        sheet = Sheet("Customs declarations")
        for item in items:
            customs_declaration(sheet, item)
        return sheet.finish()

    def manifest(self, content: ManifestContent) -> bytes:
        """Print a manifest, on as many pages as its rows need."""
        sheet = Sheet("Manifest")
        manifest(sheet, content)
        return sheet.finish()

    def payment(self, content: PaymentContent) -> bytes:
        """Print a receipt or an invoice, on as many pages as its lines need."""
        sheet = Sheet(content.kind)
        payment(sheet, content)
        return sheet.finish()

    def return_label(self, content: ReturnLabelContent) -> bytes:
        """Print a return label."""
        sheet = Sheet("Return label")
        return_label(sheet, content)
        return sheet.finish()

    def qr_code(self, text: str) -> bytes:
        """Draw `text` as a QR code, in a black and white PNG image."""
        return qr_png(text)
