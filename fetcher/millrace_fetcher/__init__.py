"""What Millrace's own image does inside pods; see docs/pods.md."""
