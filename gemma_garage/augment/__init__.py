"""Documents to a frozen Dataset: parse, chunk, generate, judge, freeze."""
