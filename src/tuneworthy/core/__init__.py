"""The ground floor: nouns, errors, ports and the clock. Knows no framework."""
