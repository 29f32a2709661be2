/// What a Unicode scalar counts as, by Python's `str.isdigit`, `str.isalpha` and `str.isspace`.
enum ScalarClass: UInt8 {
    case other, digit, letter, space

    /// The class of every scalar, by its value.
    ///
    /// A table because `Unicode.Scalar.Properties` takes longer for one scalar than counting should for a word.
    static let table: [UInt8] = (0...0x10FFFF as ClosedRange<UInt32>).map { value in
        Unicode.Scalar(value).map { ScalarClass($0).rawValue } ?? 0
    }

    /// - `isdigit`: Numeric_Type is Decimal or Digit.
    /// - `isalpha`: the general category is one of the letters' (Lu, Ll, Lt, Lm, Lo).
    /// - `isspace`: the general category is Zs, or the bidirectional class is WS, B or S.
    init(_ scalar: Unicode.Scalar) {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
        case .decimalNumber: self = .digit
        case .otherNumber: self = scalar.properties.numericType == .digit ? .digit : .other
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: self = .space
        case .control:
            // The controls with those bidirectional classes.
            switch scalar.value {
            case 0x09...0x0D, 0x1C...0x1F, 0x85: self = .space
            default: self = .other
            }
        default: self = .other
        }
    }
}
