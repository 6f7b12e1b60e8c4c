"""What a million queries leave behind: nothing."""
