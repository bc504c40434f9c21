"""Other tools on the same ground: the same service, the same planted leaks, the same bounds."""
