"""What a shipping platform is about: orders, labels, manifests, accounts. Imports the standard library alone."""
