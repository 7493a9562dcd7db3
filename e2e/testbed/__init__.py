"""A real Kubernetes on one Debian machine, for e2e tests, the demo and a developer's afternoon. See e2e/README.md."""
