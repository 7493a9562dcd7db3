"""The outside world of a namespace: a git server, an S3 server, and repositories that the real dvc made. Only on the testbed, since each
stands on a folder of this machine."""

from servers.dvc import DvcRepository
from servers.git import Git
from servers.mlflow import Mlflow
from servers.s3 import S3

__all__ = ["S3", "DvcRepository", "Git", "Mlflow"]
