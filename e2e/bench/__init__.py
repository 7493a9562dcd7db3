"""`make bench`: sizes, times and counts of the operator's release binary on a cluster of fake nodes."""
