"""What type checkers must see. Nothing here runs: `make types` has two checkers read it."""
