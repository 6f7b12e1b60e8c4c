"""Types: every value to the server and back, in both formats, and what is refused."""
