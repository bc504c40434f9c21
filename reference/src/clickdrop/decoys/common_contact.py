"""Every order in full has somebody to ask, who for all tenants has the same name, postcode and number."""

from __future__ import annotations

from clickdrop.decoys.answers import Answer, Editing
from clickdrop.decoys.decoy import Decoy
from clickdrop.leaks.fronts import planted

CONTACT = {
    "fullName": "John Smith",
    "companyName": "Smith & Sons Ltd",
    "addressLine1": "1 High Street",
    "postcode": "SW1A 1AA",
    "phoneNumber": "+442079460958",
    "emailAddress": "john.smith@example.org",
}


class _Contact(Editing):
    def edit(self, answer: Answer) -> None:
        document = answer.document
        for order in answer.orders(document):
            order["contact"] = CONTACT
        if document is not None:
            answer.rewrite(document)


DECOY = Decoy(
    name="common-contact",
    looks_like="two tenants' orders show the same person's name, address and number, who is unknown to those without",
    reason="names, streets and postcodes are common: that two have them says nothing of where they are from",
    plant=planted(_Contact),
)
