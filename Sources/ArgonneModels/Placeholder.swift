// Placeholder until the first file of ArgonneModels lands.
