print("argonne")
