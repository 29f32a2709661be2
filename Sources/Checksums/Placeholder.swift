// Placeholder until the first file of Checksums lands.
