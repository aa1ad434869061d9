"""Everything that runs Hublet on one machine, with no cloud account and no way out to the network."""
