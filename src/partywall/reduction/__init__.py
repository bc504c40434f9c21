"""From a finding to the fewest requests that show it again: bind, slice, replay, make smaller."""
