"""A Kubernetes cluster as scenarios see it: kubectl, waits that tell what they wait for, and the operator's pod."""

from cluster.kubectl import Cluster, Object, connect
from cluster.waits import Timeout, wait_for

__all__ = ["Cluster", "Object", "Timeout", "connect", "wait_for"]
