// Placeholder until the first file of ArgonneTokenizer lands.
