"""Root of the suite: what it stands on."""

pytest_plugins = ["fixtures.stacks"]
