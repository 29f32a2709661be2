import PJRT
import SPMD
import StableHLO

/// A decoder-only language model: what weights it has, and how tokens become hidden states.
///
/// A new architecture is one configuration that reads its `config.json` and one file that conforms to this protocol.
public protocol LanguageModel: Sendable {
    /// Rows of the embedding and of the output head.
    var vocabularySize: Int { get }
    /// Width of the residual stream.
    var hiddenSize: Int { get }
    /// Number of blocks.
    var layerCount: Int { get }
    /// Longest sequence, in tokens.
    var contextLength: Int { get }
    /// Key/value heads and the size of a head, as the cache for generation needs them.
    var keyValueShape: (heads: Int, headDimension: Int) { get }
    /// Width of all query heads of a block together.
    var attentionWidth: Int { get }
    /// All weights. Their order is the order of a program's parameters.
    var weights: [WeightSpecification] { get }
    /// Share of activations that fall out in training.
    var dropoutRate: Double { get }
    /// The short name of the weight [V, D] that turns tokens into hidden states.
    var embeddingName: String { get }
    /// The short name of the weight [V, D] that turns hidden states into logits.
    var headName: String { get }

    /// - Throws: where the model's parts do not divide among the devices of the mesh.
    func validate(on mesh: Mesh) throws

    /// Final hidden states [B, T, D] of tokens [B, T].
    func hidden(_ tokens: Value, _ weights: ModelWeights, _ context: ForwardContext) -> Value
}

extension LanguageModel {
    /// Number of parameters; a head tied to the embedding counts once.
    public var parameterCount: Int { weights.reduce(0) { $0 + $1.parameterCount } }

    /// Floating-point operations of a token's forward and backward pass: six for each element of the matrices that it is multiplied with, the
    /// head among them and tables that are only looked up not, and attention's products, of which causality leaves half (Kaplan et al.,
    /// arXiv:2001.08361, appendix B).
    public func trainingOperations(perTokenAt sequenceLength: Int) -> Double {
        let blocks = weights.filter { $0.blocks != nil && $0.shape.count == 2 }.reduce(0) { $0 + $1.parameterCount }
        return 6 * Double(blocks + vocabularySize * hiddenSize) + 6 * Double(layerCount * attentionWidth * sequenceLength)
    }

    /// Scores [B, T, V] of all tokens to come next, float32, from final hidden states [B, T, D].
    public func logits(_ hidden: Value, _ weights: ModelWeights) -> Value {
        einsum("btd,vd->btv", hidden, weights.outer[headName].converted(to: hidden.element), result: .f32)
    }
}

/// What a forward pass depends on besides tokens and weights.
public struct ForwardContext {
    /// The devices.
    public let mesh: Mesh
    /// The element type of activations and of the operands of matrix products.
    public let compute: ElementType
    /// What the backward pass computes again.
    public let recomputation: Recomputation
    /// What computes attention.
    public let attention: AttentionKernel
    /// This device's rows of the vocabulary, where they are dealt out along the tensor axis.
    public let vocabulary: VocabularyPart?
    /// Number of each token's document [B, T]; attention stays within a document where this is given.
    public let segments: Value?
    /// What falls out of activations, in training of models that have dropout.
    public let dropout: Dropout?
    /// Keys and values of earlier tokens, for generation.
    public let cache: KeyValueCache?

    /// A context; without further arguments, one device computing in float32.
    public init(
        mesh: Mesh = Mesh(), compute: ElementType = .f32, recomputation: Recomputation = .none, attention: AttentionKernel = .composed,
        vocabulary: VocabularyPart? = nil, segments: Value? = nil, dropout: Dropout? = nil, cache: KeyValueCache? = nil
    ) {
        self.mesh = mesh
        self.compute = compute
        self.recomputation = recomputation
        self.attention = attention
        self.vocabulary = vocabulary
        self.segments = segments
        self.dropout = dropout
        self.cache = cache
    }

    /// Rows [B, T, D] of an embedding [V, D] for tokens [B, T]. Where rows are dealt out, each device gives those that it has.
    func embed(_ tokens: Value, in table: Value) -> Value {
        guard let vocabulary else { return table.rows(tokens).converted(to: compute) }
        let local = tokens - vocabulary.firstRow
        let isHere = (local .>= 0) & (local .< Double(table.shape[0]))
        let rows = table.rows(select(isHere, local, local * 0)).converted(to: compute)
        let mask = isHere.converted(to: compute).reshaped(tokens.shape + [1])
        return (rows * mask).allReduced(over: vocabulary.devices)
    }

    /// The devices that share each weight.
    public var tensor: ReplicaGroups { mesh.groups(along: .tensor) }
}
