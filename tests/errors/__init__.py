"""What howdah raises."""
