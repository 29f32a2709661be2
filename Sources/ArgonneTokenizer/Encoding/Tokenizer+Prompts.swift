import JSON

extension Tokenizer {
    /// What transformers' tokenizer puts before each text: for most tokenizers nothing, for Llama 3's the token that opens a document. Models
    /// are used with it, although documents of a training run get their boundaries from the packing.
    ///
    /// It is the template for single texts of `post_processor` in `tokenizer.json`.
    public var promptPrefix: [Int32] {
        let processor = definition.postProcessor
        let all = processor["type"]?.string == "Sequence" ? processor["processors"]?.elements ?? [] : [processor]
        guard let template = all.first(where: { $0["type"]?.string == "TemplateProcessing" }) else { return [] }
        let before = (template["single"]?.elements ?? []).prefix { $0["Sequence"] == nil }
        return before.compactMap { $0["SpecialToken"]?["id"]?.string }.flatMap { name in
            (template["special_tokens"]?[name]?["ids"]?.elements ?? []).compactMap { $0.integer(as: Int32.self) }
        }.filter { $0 >= 0 && Int($0) < vocabularySize }
    }

    /// The ids of a text that a model is to go on from, or is judged by, as transformers makes them.
    public func encodePrompt(_ text: String) -> [Int32] { promptPrefix + encode(text) }
}
