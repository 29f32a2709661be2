// Placeholder until the first file of DynamicLibrary lands.
