/// Models by name.
public enum Preset: String, CaseIterable, Sendable {
    /// 4,918,072,800 parameters: the published Argonne 2.0.
    case argonne2 = "argonne-2.0"
    /// About 125 million parameters.
    case small = "argonne-small"
    /// About 12 million parameters.
    case tiny = "argonne-tiny"
    /// About 1 million parameters.
    case nano = "argonne-nano"

    /// The model's shape for a tokenizer with the given number of entries; without one, the preset's own.
    public func configuration(vocabularySize: Int? = nil) -> ModelConfiguration {
        let decoder =
            switch self {
            case .argonne2:
                DecoderConfiguration(
                    vocabularySize: 151_665, hiddenSize: 4_080, intermediateSize: 11_008, layerCount: 24, headCount: 24,
                    keyValueHeadCount: 8, contextLength: 4_096)
            case .small:
                DecoderConfiguration(
                    vocabularySize: 32_000, hiddenSize: 768, intermediateSize: 2_560, layerCount: 14, headCount: 12, keyValueHeadCount: 4,
                    contextLength: 2_048)
            case .tiny:
                DecoderConfiguration(
                    vocabularySize: 8_192, hiddenSize: 384, intermediateSize: 1_024, layerCount: 6, headCount: 6, keyValueHeadCount: 2,
                    contextLength: 1_024)
            case .nano:
                DecoderConfiguration(
                    vocabularySize: 259, hiddenSize: 128, intermediateSize: 384, layerCount: 5, headCount: 4, keyValueHeadCount: 2,
                    contextLength: 512)
            }
        var configuration = decoder
        configuration.vocabularySize = vocabularySize ?? decoder.vocabularySize
        return .decoder(configuration)
    }
}
