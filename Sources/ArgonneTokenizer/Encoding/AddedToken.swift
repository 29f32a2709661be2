/// A token that is found in the text before byte-pair encoding sees it, with Hugging Face's flags.
public struct AddedToken: Sendable, Hashable {
    /// Its id.
    public var id: Int32
    /// Its text.
    public var content: String
    /// Whether it is a control token: found in a text only where special tokens are allowed, left out of `skipSpecial` decoding.
    public var isSpecial: Bool
    /// Whether it counts only where no letter, digit or underscore touches it.
    public var isSingleWord: Bool
    /// Whether it takes the white space before it along.
    public var stripsLeft: Bool
    /// Whether it takes the white space after it along.
    public var stripsRight: Bool
    /// Whether it is looked for in the normalised text instead of the original.
    public var isNormalized: Bool

    /// A token with no flags but `isSpecial`.
    public init(
        id: Int32, content: String, isSpecial: Bool = true, isSingleWord: Bool = false, stripsLeft: Bool = false,
        stripsRight: Bool = false, isNormalized: Bool = false
    ) {
        self.id = id
        self.content = content
        self.isSpecial = isSpecial
        self.isSingleWord = isSingleWord
        self.stripsLeft = stripsLeft
        self.stripsRight = stripsRight
        self.isNormalized = isNormalized
    }
}
