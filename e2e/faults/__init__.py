"""What stands between an operator and its API server and does it harm: a proxy, the operator as a process behind it, and ends to compare."""
