// Placeholder until the first file of ArgonneWeights lands.
