"""What happens when the line is cut, the peer is silent, or the waiting task is cancelled."""
