/// The tensors of files under their layout's names, where files of other origins call them differently.
///
/// * A checkpoint of the original pipeline-parallel training calls block B of stage S `pipeline_stages.S.B`; stages follow one another.
/// * A GPT-2 that was saved without its head lacks the prefix `transformer.`.
struct TensorNames {
    /// The name in the files by the layout's name.
    private let stored: [String: String]
    /// Names in the files that stand for nothing of their own: what they would be is there under the layout's name too.
    let surplus: [String]

    init(_ names: [String]) {
        let stages = Self.firstBlocks(names)
        let isWithoutPrefix = names.contains("wte.weight")
        var stored: [String: String] = [:]
        var surplus: [String] = []
        for name in names.sorted() {
            var own = name
            if let place = Self.place(name), let first = stages[place.stage] {
                own = "blocks.\(first + place.block).\(place.rest)"
            } else if isWithoutPrefix, !name.hasPrefix("transformer."), !name.hasPrefix("lm_head.") {
                own = "transformer." + name
            }
            if stored[own] == nil { stored[own] = name } else { surplus.append(name) }
        }
        self.stored = stored
        self.surplus = surplus
    }

    /// The layout's names of all tensors.
    var all: [String] { Array(stored.keys) }

    /// The name in the files.
    subscript(_ name: String) -> String? { stored[name] }

    private static func place(_ name: String) -> (stage: Int, block: Int, rest: Substring)? {
        let parts = name.split(separator: ".", maxSplits: 3)
        guard parts.count == 4, parts[0] == "pipeline_stages", let stage = Int(parts[1]), let block = Int(parts[2]) else { return nil }
        return (stage, block, parts[3])
    }

    /// The number of each stage's first block: how many blocks the stages before it have.
    private static func firstBlocks(_ names: [String]) -> [Int: Int] {
        var blocks: [Int: Set<Int>] = [:]
        for place in names.compactMap(place) { blocks[place.stage, default: []].insert(place.block) }
        var first = 0
        return blocks.sorted { $0.key < $1.key }.reduce(into: [:]) { result, stage in
            result[stage.key] = first
            first += stage.value.count
        }
    }
}
