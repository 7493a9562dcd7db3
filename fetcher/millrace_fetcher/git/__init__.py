"""git as this program needs it: what a revision is now, and single trees and blobs of a commit. The `git` of the image
does the work, shut off from every configuration and credential but those of the source's own Secret."""
