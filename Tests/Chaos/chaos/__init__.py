"""Everything that goes wrong at once, and the oracle that says what had to come of it."""
