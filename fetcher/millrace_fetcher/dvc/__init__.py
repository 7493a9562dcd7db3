"""What DVC writes into a repository and into its remotes, read without DVC: a path at a commit becomes objects with
their md5. Everything here was written by somebody else and is bounded, typed and checked before it is used."""
