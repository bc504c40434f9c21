"""All planted leaks, by name."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

from clickdrop.leaks import (
    answer_kept_by_idempotency_key,
    carriers_cache_by_kind,
    charged_again,
    deletion_cascades_to_all,
    edge_admits_known_keys,
    edge_cache_by_suffix,
    edge_cache_without_authorization,
    edge_keeps_admission,
    edge_passes_account_header,
    edge_shares_labels,
    error_counts_all_orders,
    error_quotes_order,
    etag_without_tenant,
    events_to_all,
    exports_by_operator,
    forbidden_tells_existence,
    get_body_left_unread,
    identity_by_key_prefix,
    kept_order_of_anyone,
    label_cache_by_reference,
    labels_in_one_file,
    letters_to_earlier,
    list_cache_by_short_name,
    list_checks_first_id,
    more_pages_of_others,
    order_list_cache_without_tenant,
    order_made_again,
    order_read_without_tenant,
    order_voided_before_check,
    orders_batched,
    orders_by_definer,
    page_cache_by_url,
    pages_coalesced,
    pipelined_answers_overtake,
    policies_are_ored,
    policy_in_reused_plan,
    pooled_reply_unread,
    printer_keeps_its_pages,
    record_recycled,
    record_released_twice,
    reference_of_anyone,
    reference_unique_to_all,
    revoked_in_one_worker,
    revoked_key_cached,
    sender_of_thread,
    service_logs_in_as_owner,
    table_named_by_day,
    tenant_from_cookie,
    tenant_from_header,
    tenant_in_module_global,
    tenant_undone_by_rollback,
    valkey_database_by_tenant,
    valkey_reply_unread,
    view_of_owner,
    worker_keeps_tenant,
)
from clickdrop.leaks.incidents import INCIDENTS
from clickdrop.leaks.switches import chosen, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clickdrop.leaks.leak import Leak

_ALL: tuple[Leak, ...] = (
    order_read_without_tenant.LEAK,
    list_checks_first_id.LEAK,
    order_list_cache_without_tenant.LEAK,
    label_cache_by_reference.LEAK,
    tenant_in_module_global.LEAK,
    pooled_reply_unread.LEAK,
    tenant_from_header.LEAK,
    error_quotes_order.LEAK,
    error_counts_all_orders.LEAK,
    more_pages_of_others.LEAK,
    order_voided_before_check.LEAK,
    forbidden_tells_existence.LEAK,
    revoked_key_cached.LEAK,
    etag_without_tenant.LEAK,
    order_made_again.LEAK,
    carriers_cache_by_kind.LEAK,
    list_cache_by_short_name.LEAK,
    identity_by_key_prefix.LEAK,
    page_cache_by_url.LEAK,
    pages_coalesced.LEAK,
    orders_batched.LEAK,
    printer_keeps_its_pages.LEAK,
    record_recycled.LEAK,
    labels_in_one_file.LEAK,
    reference_of_anyone.LEAK,
    tenant_from_cookie.LEAK,
    pipelined_answers_overtake.LEAK,
    get_body_left_unread.LEAK,
    worker_keeps_tenant.LEAK,
    table_named_by_day.LEAK,
    view_of_owner.LEAK,
    policies_are_ored.LEAK,
    orders_by_definer.LEAK,
    exports_by_operator.LEAK,
    service_logs_in_as_owner.LEAK,
    policy_in_reused_plan.LEAK,
    tenant_undone_by_rollback.LEAK,
    valkey_reply_unread.LEAK,
    valkey_database_by_tenant.LEAK,
    record_released_twice.LEAK,
    revoked_in_one_worker.LEAK,
    answer_kept_by_idempotency_key.LEAK,
    charged_again.LEAK,
    edge_cache_without_authorization.LEAK,
    edge_cache_by_suffix.LEAK,
    edge_keeps_admission.LEAK,
    edge_shares_labels.LEAK,
    edge_passes_account_header.LEAK,
    reference_unique_to_all.LEAK,
    events_to_all.LEAK,
    sender_of_thread.LEAK,
    letters_to_earlier.LEAK,
    kept_order_of_anyone.LEAK,
    edge_admits_known_keys.LEAK,
    deletion_cascades_to_all.LEAK,
)

LEAKS: Mapping[str, Leak] = MappingProxyType({leak.name: leak for leak in _ALL})
"""The planted leaks by name, in the order in which they are listed."""


def named(names: Sequence[str], stack: str) -> list[Leak]:
    """Answer the leaks of these names; raises `ValueError` for one that there is not, or not on this stack."""
    return chosen("leak", LEAKS, names, stack)


def as_json() -> str:
    """Answer the catalogue as an array of objects."""
    listed = [
        {
            "name": leak.name,
            "class": leak.leak_class,
            "incidents": list(leak.incidents),
            "sources": [INCIDENTS[number].source for number in leak.incidents],
            "difficulty": leak.difficulty,
            "shows_by": list(leak.shows_by),
            "stack": leak.stack,
            "trigger": leak.trigger,
            "mechanism": leak.mechanism,
            "seam": list(leak.seam),
            "seen": leak.seen,
        }
        for leak in LEAKS.values()
    ]
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"


def as_table() -> str:
    """Answer the catalogue as a table for people."""
    rows = ((leak.name, leak.leak_class, ", ".join(leak.seam), leak.trigger) for leak in LEAKS.values())
    return table(("name", "class", "seam", "trigger"), rows)
