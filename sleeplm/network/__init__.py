"""The networks: SleepLM nano, which ships with the package, and the published SleepLM-Base."""
