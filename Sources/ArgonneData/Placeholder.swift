// Placeholder until the first file of ArgonneData lands.
