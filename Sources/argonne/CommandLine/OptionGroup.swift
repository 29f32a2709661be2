/// Options that several commands share: a type whose properties are options. A command has it as a property, whose name does not matter.
///
///     struct Seeding: OptionGroup {
///         @Option("decides what is random") var seed: UInt64 = 0
///     }
///
///     struct Greet: Command {
///         var seeding = Seeding()
///         …
///     }
package protocol OptionGroup {}
