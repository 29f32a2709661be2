import ArgonneModels
import SPMD
import Testing

/// The published parameter counts are what tells that a generation is right.
@Suite struct PresetTests {
    @Test(arguments: [(Preset.argonne2, 4_918_072_800), (.argonne15, 356_516_640), (.argonne1, 275_827_680)])
    func publishedCounts(preset: Preset, count: Int) throws {
        #expect(try preset.configuration().model().parameterCount == count)
    }

    @Test(arguments: [(Preset.nano, 1_000_000), (.tiny, 12_500_000), (.small, 125_000_000)])
    func smallOnes(preset: Preset, count: Int) throws {
        let parameters = try preset.configuration().model().parameterCount
        #expect(abs(Double(parameters) / Double(count) - 1) < 0.05, "\(parameters)")
    }

    @Test func aMeshThatDoesNotDivideHeadsIsRefused() throws {
        let model = try Preset.argonne2.configuration().model()
        try model.validate(on: Mesh(tensor: 8))
        let error = #expect(throws: ModelError.self) { try model.validate(on: Mesh(tensor: 16)) }
        #expect(
            error?.description
                == "mesh data=1,tensor=16: 24 query heads do not divide among 16 devices; choose a tensor axis that divides 24")
    }

    @Test func anUnknownNameListsThePresets() {
        let error = #expect(throws: ModelError.self) { try ModelConfiguration(named: "argonne-9") }
        #expect(error?.description.contains("argonne-2.0, argonne-1.5") == true)
    }
}
