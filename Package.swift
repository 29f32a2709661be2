// swift-tools-version: 6.0
import PackageDescription

// A target imports only targets above it in this list, and names each that it imports: the build follows these names alone. Native
// libraries are opened with dlopen at run time, so nothing here links them; `make deps` must have run once, because CPJRT includes headers
// from .deps.
let package = Package(
    name: "argonne",
    products: [.executable(name: "argonne", targets: ["argonne"])],
    targets: [
        .target(name: "CPJRT"),
        .target(name: "Checksums"),
        .target(name: "JSON"),
        .target(name: "DynamicLibrary"),
        .target(name: "PJRT", dependencies: ["CPJRT", "DynamicLibrary"]),
        .target(name: "StableHLO", dependencies: ["PJRT"]),
        .target(name: "SPMD", dependencies: ["StableHLO", "PJRT", "Checksums"]),
        .target(name: "ArgonneModels", dependencies: ["PJRT", "StableHLO", "SPMD"]),
        .target(name: "ArgonneWeights", dependencies: ["Checksums", "JSON", "PJRT", "StableHLO", "SPMD", "ArgonneModels"]),
        .target(name: "ArgonneTokenizer", dependencies: ["Checksums"]),
        .target(name: "ArgonneData", dependencies: ["ArgonneTokenizer", "CPJRT", "DynamicLibrary", "Checksums"]),
        .target(
            name: "ArgonneTraining",
            dependencies: ["PJRT", "StableHLO", "SPMD", "ArgonneModels", "ArgonneWeights", "ArgonneTokenizer", "ArgonneData"]),
        .target(
            name: "ArgonneInference",
            dependencies: ["JSON", "PJRT", "StableHLO", "SPMD", "ArgonneModels", "ArgonneWeights", "ArgonneTokenizer"]),
        .executableTarget(
            name: "argonne",
            dependencies: [
                "JSON", "PJRT", "StableHLO", "SPMD", "ArgonneModels", "ArgonneWeights", "ArgonneTokenizer", "ArgonneData", "ArgonneTraining",
                "ArgonneInference",
            ]),

        .target(name: "TestSupport", dependencies: ["PJRT", "ArgonneModels"], path: "Tests/Support"),
        .testTarget(name: "ChecksumsTests", dependencies: ["Checksums"]),
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "PJRTTests", dependencies: ["PJRT", "CPJRT", "DynamicLibrary", "TestSupport"]),
        .testTarget(name: "StableHLOTests", dependencies: ["SPMD", "TestSupport"]),
        .testTarget(name: "SPMDTests", dependencies: ["SPMD", "TestSupport"]),
        .testTarget(name: "ArgonneModelsTests", dependencies: ["ArgonneModels", "TestSupport"]),
        .testTarget(name: "ArgonneWeightsTests", dependencies: ["ArgonneWeights", "PJRT", "TestSupport"], exclude: ["Golden"]),
        .testTarget(name: "ArgonneTokenizerTests", dependencies: ["ArgonneTokenizer", "TestSupport"], exclude: ["Golden"]),
        .testTarget(name: "ArgonneDataTests", dependencies: ["ArgonneData", "TestSupport"], exclude: ["Golden"]),
        .testTarget(name: "ArgonneTrainingTests", dependencies: ["ArgonneTraining", "TestSupport"]),
        .testTarget(name: "ArgonneInferenceTests", dependencies: ["ArgonneInference", "TestSupport"]),
        .testTarget(name: "CommandLineTests", dependencies: ["argonne", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)
