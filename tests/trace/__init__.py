"""`howdah migrate trace`."""
