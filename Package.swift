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
        .target(name: "ArgonneTokenizer", dependencies: ["Checksums", "JSON"]),
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
                "JSON", "PJRT", "StableHLO", "SPMD", "ArgonneModels", "ArgonneWeights", "ArgonneTokenizer", "ArgonneData",
                "ArgonneTraining",
                "ArgonneInference",
            ]),

        .target(
            name: "TestSupport", dependencies: ["PJRT", "StableHLO", "SPMD", "ArgonneModels", "ArgonneWeights"], path: "Tests/Support"),
        .testTarget(name: "ChecksumsTests", dependencies: ["Checksums"]),
        .testTarget(name: "JSONTests", dependencies: ["JSON"]),
        .testTarget(name: "PJRTTests", dependencies: ["PJRT", "CPJRT", "DynamicLibrary", "TestSupport"]),
        .testTarget(name: "StableHLOTests", dependencies: ["PJRT", "StableHLO", "TestSupport"]),
        .testTarget(name: "SPMDTests", dependencies: ["PJRT", "StableHLO", "SPMD", "TestSupport"]),
        .testTarget(
            name: "ArgonneModelsTests", dependencies: ["PJRT", "StableHLO", "SPMD", "ArgonneModels", "ArgonneWeights", "TestSupport"]),
        .testTarget(
            name: "ArgonneWeightsTests", dependencies: ["JSON", "PJRT", "SPMD", "ArgonneModels", "ArgonneWeights", "TestSupport"],
            exclude: ["Golden"]),
        .testTarget(
            name: "ArgonneTokenizerTests", dependencies: ["JSON", "ArgonneTokenizer", "ArgonneData", "TestSupport"], exclude: ["Golden"]),
        .testTarget(name: "ArgonneDataTests", dependencies: ["ArgonneTokenizer", "ArgonneData", "TestSupport"], exclude: ["Golden"]),
        .testTarget(
            name: "ArgonneTrainingTests",
            dependencies: [
                "PJRT", "StableHLO", "SPMD", "ArgonneModels", "ArgonneWeights", "ArgonneTokenizer", "ArgonneData", "ArgonneTraining",
                "TestSupport",
            ]),
        .testTarget(
            name: "ArgonneInferenceTests",
            dependencies: [
                "PJRT", "StableHLO", "SPMD", "ArgonneModels", "ArgonneWeights", "ArgonneTokenizer", "ArgonneInference", "TestSupport",
            ]),
        .testTarget(name: "CommandLineTests", dependencies: ["argonne", "JSON", "ArgonneTokenizer", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)
