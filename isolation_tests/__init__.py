"""Click & Drop's isolation properties: one file a property, and the property's sentence as its test's docstring."""
