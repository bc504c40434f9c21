pytest_plugins = ["fixtures.stacks", "fixtures.profiles"]
