"""Short texts read so that the same thing said in two ways is the same: numbers, units, dates."""
