/// One command of the tool, such as `argonne train`: a type whose properties are its options and whose `run` does the work.
///
///     struct Greet: Command {
///         static let name = "greet"
///         static let summary = "Greet somebody."
///
///         @Argument("whom to greet") var person: String
///         @Option("how many times", must: .be(1...)) var times = 1
///         @Option("in capitals") var loud = false
///
///         func run() throws { … }
///     }
///
/// A property `learningRate` is the option `--learning-rate` and the key `learning-rate` of a `--config` file. A property without a
/// default must be given, unless its type is optional or an array; a Boolean is a flag. Options that several commands share stand in an
/// `OptionGroup`. The help text is made from the declarations.
package protocol Command {
    /// The words that call it: `train`, or `tokenizer train` for a command of a group.
    static var name: String { get }
    /// One sentence for the list of commands.
    static var summary: String { get }
    /// What the help says after the options: units, examples, files written. Empty unless a command has more to say.
    static var discussion: String { get }

    /// A command with the default of every option.
    init()

    /// Does the work with the options as they were parsed. An error that is not a `UsageError` ends the tool with status 1.
    func run() throws
}

extension Command {
    package static var discussion: String { "" }
}
