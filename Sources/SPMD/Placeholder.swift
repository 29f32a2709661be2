// Placeholder until the first file of SPMD lands.
