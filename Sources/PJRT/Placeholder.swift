// Placeholder until the first file of PJRT lands.
