"""Whoever asks the edge for labels that are being printed waits for that printing."""

from __future__ import annotations

from clickdrop.leaks.edges import planted
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

LEAK = Leak(
    name="edge-shares-labels",
    leak_class="C3 COALESCE",
    incidents=("I09", "I10"),
    difficulty=Difficulty.WARM_UP,
    shows_by=("ownership", "completeness"),
    trigger="two tenants print the label of the same reference at the same moment, or within a second",
    mechanism="proxy_cache_lock lets one request through for a key without identity; its answer is for all that wait",
    seen="We printed at the same time as another shop, an order of the same reference, and got its label.",
    plant=planted(r"""
        location ~ ^/api/v1/orders/[^/]+/label$ {
            proxy_pass http://workers;
            proxy_cache public;
            proxy_cache_key label:$request_uri;
            proxy_cache_valid 200 1s;
            proxy_cache_lock on;
            proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;
        }"""),
    stack=PRODUCTION,
)
