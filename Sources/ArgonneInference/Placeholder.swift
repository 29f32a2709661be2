// Placeholder until the first file of ArgonneInference lands.
