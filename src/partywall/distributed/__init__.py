"""Load from several machines: Locust's master and workers, with tenants, recording and judging of ours.

Each tenant is on one worker alone. A worker records its own history and looks at every response for foreign marks, for
which it has to ask nobody. At the end of a test the histories are merged and judged as one. `users` is what a
locustfile imports; the rest knows nothing of Locust.
"""
