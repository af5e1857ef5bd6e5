"""A regular package: a dependency of the checks installs another one of this name."""
