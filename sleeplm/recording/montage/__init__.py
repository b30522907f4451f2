"""Which signal stands for which canonical channel, in which unit, and what only a person can say of it."""
