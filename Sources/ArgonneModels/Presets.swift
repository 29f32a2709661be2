/// Models by name.
public enum Preset: String, CaseIterable, Sendable {
    /// 4,918,072,800 parameters: the published Argonne 2.0.
    case argonne2 = "argonne-2.0"
    /// 356,516,640 parameters: the published Argonne 1.5.
    case argonne15 = "argonne-1.5"
    /// 275,827,680 parameters: the published Argonne 1.0.
    case argonne1 = "argonne-1.0"
    /// About 125 million parameters.
    case small = "argonne-small"
    /// About 12 million parameters.
    case tiny = "argonne-tiny"
    /// About 1 million parameters.
    case nano = "argonne-nano"

    /// The model's shape for a tokenizer with the given number of entries; without one, the preset's own.
    public func configuration(vocabularySize: Int? = nil) -> ModelConfiguration {
        func decoder(_ V: Int, _ hidden: Int, _ intermediate: Int, layers: Int, heads: Int, keyValueHeads: Int, context: Int)
            -> ModelConfiguration
        {
            .decoder(
                DecoderConfiguration(
                    vocabularySize: vocabularySize ?? V, hiddenSize: hidden, intermediateSize: intermediate, layerCount: layers,
                    headCount: heads,
                    keyValueHeadCount: keyValueHeads, contextLength: context))
        }
        func gpt(layers: Int) -> ModelConfiguration {
            .gpt(
                GPTConfiguration(
                    vocabularySize: vocabularySize ?? 12_000, hiddenSize: 1_296, layerCount: layers, headCount: layers, contextLength: 2_048
                ))
        }
        return switch self {
        case .argonne2: decoder(151_665, 4_080, 11_008, layers: 24, heads: 24, keyValueHeads: 8, context: 4_096)
        case .argonne15: gpt(layers: 16)
        case .argonne1: gpt(layers: 12)
        case .small: decoder(32_000, 768, 2_560, layers: 14, heads: 12, keyValueHeads: 4, context: 2_048)
        case .tiny: decoder(8_192, 384, 1_024, layers: 6, heads: 6, keyValueHeads: 2, context: 1_024)
        case .nano: decoder(259, 128, 384, layers: 5, heads: 4, keyValueHeads: 2, context: 512)
        }
    }
}
