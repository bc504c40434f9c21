"""The stand-alone replay, module by module: `reporting.script` makes one file of them."""
