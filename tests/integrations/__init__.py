"""Libraries and frameworks on howdah."""
