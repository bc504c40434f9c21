"""The semicolon list of order identifiers in a path."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path
from starlette.convertors import Convertor, register_url_convertor

from clickdrop.domain.identifiers import MAX_IDENTIFIERS, OrderIdentifiers, parse_order_identifiers

_ELEMENT = r"([0-9]{1,18}|\"[^\";%/]+\")"


class OrderIdentifiersConvertor(Convertor[str]):
    """Takes the rest of the path, slashes in references included, but not what other routes own."""

    regex = r"(?!(?:full|status)$)(?!.*/(?:full|label)$).+"

    def convert(self, value: str) -> str:
        """Answer the text as it is."""
        return value

    def to_string(self, value: str) -> str:
        """Answer the text as it is."""
        return value


register_url_convertor("order_identifiers", OrderIdentifiersConvertor())


async def order_identifiers(
    identifiers: Annotated[
        str,
        Path(
            alias="orderIdentifiers",
            description=(
                "Order identifiers (integers) and order references (percent-encoded, in double quotes), separated "
                f"by semicolons; at most {MAX_IDENTIFIERS}."
            ),
            json_schema_extra={"pattern": f"^{_ELEMENT}(;{_ELEMENT}){{0,{MAX_IDENTIFIERS - 1}}}$"},
        ),
    ],
) -> OrderIdentifiers:
    """Read the list."""
    return parse_order_identifiers(identifiers)


WantedOrders = Annotated[OrderIdentifiers, Depends(order_identifiers)]
