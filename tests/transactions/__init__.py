"""Transaction blocks, and how they mix with cursors."""
