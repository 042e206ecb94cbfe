"""What the API speaks: its strict schemas, how answers are printed, and how refusals are told."""
