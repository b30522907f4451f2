"""What a network can do, measured: every figure with its n, a 95% interval and what knows less beside it."""
