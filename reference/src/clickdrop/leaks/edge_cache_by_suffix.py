"""The edge keeps what it takes for a file of the website's."""

from __future__ import annotations

from clickdrop.leaks.edges import planted
from clickdrop.leaks.leak import PRODUCTION, Difficulty, Leak

LEAK = Leak(
    name="edge-cache-by-suffix",
    leak_class="C1 EDGE_CACHE",
    incidents=("I11",),
    difficulty=Difficulty.EQUAL_DATA,
    shows_by=("ownership", "completeness", "noninterference"),
    trigger="two tenants ask for their orders by the same reference, which has .css, .js or .png in it",
    mechanism="the rule for static files has no end of the path in it, keeps what it matches, and the key no identity",
    seen="I opened my order POSTER.png, and it was another shop's order for a poster, with its buyer's address.",
    plant=planted(r"""
        location ~ \.(css|js|png) {
            proxy_pass http://workers;
            proxy_cache public;
            proxy_cache_key static:$uri;
            proxy_cache_valid 200 5s;
            proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;
        }"""),
    stack=PRODUCTION,
)
