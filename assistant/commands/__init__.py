"""The commands of `sleeplm`: each takes the parsed arguments, does its work and prints."""
