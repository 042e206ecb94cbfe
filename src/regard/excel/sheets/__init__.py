"""One builder for each kind of sheet: it takes what was gathered and the book so far, and returns sheets."""
