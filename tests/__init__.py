"""A regular package, because a dependency of the checks installs another package of this name."""
