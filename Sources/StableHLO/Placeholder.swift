// Placeholder until the first file of StableHLO lands.
