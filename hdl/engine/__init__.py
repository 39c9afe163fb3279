"""The column engine: one array of multipliers that serves several layers by a static program."""
