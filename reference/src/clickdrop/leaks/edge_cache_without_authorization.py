"""The edge keeps the shop's answers by their address."""

from __future__ import annotations

from clickdrop.leaks.edges import planted
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

LEAK = Leak(
    name="edge-cache-without-authorization",
    leak_class="C1 EDGE_CACHE",
    incidents=("I03", "I05", "I09"),
    difficulty=Difficulty.WARM_UP,
    shows_by=("ownership", "echo", "completeness", "noninterference"),
    trigger="one tenant's GET below /shop/v1, then another's of the same address within two seconds",
    mechanism="proxy_cache_key has no Authorization in it, and the answer's Cache-Control is ignored",
    seen="I opened my basket, and in it was what another shop was about to pay for.",
    plant=planted("""
        location /shop/v1/ {
            proxy_pass http://workers;
            proxy_cache public;
            proxy_cache_key shop:$request_uri;
            proxy_cache_valid 200 2s;
            proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;
        }"""),
    stack=PRODUCTION,
)
