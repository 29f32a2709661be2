// Placeholder until the first file of ArgonneTraining lands.
