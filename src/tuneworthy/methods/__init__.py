"""Pure crafts by subject; each file names the source of its formulas."""
