/// Fills a command's options from the command line and from the `--config` file named on it.
package struct CommandParser {
    let command: any Command
    let options: [(name: String, option: any DeclaredOption)]
    let arguments: [(name: String, argument: any DeclaredArgument)]

    /// A parser for a fresh command. The declarations are found by reflection, in the order of the source.
    package init(_ type: any Command.Type) {
        let command = type.init()
        let children = Self.declarations(in: command)
        self.command = command
        options = children.compactMap { name, value in (value as? any DeclaredOption).map { ($0.name ?? name, $0) } }
        arguments = children.compactMap { name, value in
            (value as? any DeclaredArgument).map { ($0.metavar ?? name.uppercased(), $0) }
        }
    }

    /// The properties of a command and, in their place, those of its option groups.
    private static func declarations(in value: Any) -> [(name: String, value: Any)] {
        Mirror(reflecting: value).children.flatMap { label, value in
            value is any OptionGroup ? declarations(in: value) : [(kebabCase(label ?? ""), value)]
        }
    }

    /// The command, its options set.
    package func parse(_ words: [String]) throws(UsageError) -> any Command {
        var (given, positionals) = try split(words)
        if let file = given.removeValue(forKey: "config")?.last {
            let defaults = try ConfigurationFile(path: file, knownKeys: options.map(\.name))
            for (name, option) in options where given[name] == nil {
                if let texts = defaults.values[name] { try set(option, texts, source: "\(file): \(name)") }
            }
        }
        for (name, option) in options {
            if let texts = given[name] { try set(option, texts, source: "--\(name)") }
            if option.isRequired { throw .missingOption("--\(name)", metavar: option.metavar) }
        }
        try assign(positionals)
        return command
    }

    /// Separates options, in whatever order, from positional arguments. After `--` everything is positional.
    private func split(_ words: [String]) throws(UsageError) -> (given: [String: [String]], positionals: [String]) {
        var given: [String: [String]] = [:]
        var positionals: [String] = []
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "--" {
                positionals += words[index...]
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                positionals.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let flag = parts[0]
            let name = flag.hasPrefix("--") ? String(flag.dropFirst(2)) : ""
            let metavar: String
            if let option = options.first(where: { $0.name == name })?.option {
                if option.isFlag, parts.count == 1 {
                    given[name, default: []].append("true")
                    continue
                }
                metavar = option.metavar
            } else if name == "config", !options.isEmpty {
                metavar = "FILE"
            } else {
                let near = nearest(to: flag, among: options.map { "--" + $0.name })
                throw .unknownOption(flag, command: type(of: command).name, near: near)
            }
            if parts.count == 2 {
                given[name, default: []].append(parts[1])
            } else if index < words.count, !words[index].hasPrefix("--") {
                given[name, default: []].append(words[index])
                index += 1
            } else {
                throw .missingValue(option: flag, metavar: metavar)
            }
        }
        return (given, positionals)
    }

    private func assign(_ positionals: [String]) throws(UsageError) {
        var rest = positionals[...]
        for (name, argument) in arguments where !rest.isEmpty {
            let texts = argument.takesAll ? Array(rest) : Array(rest.prefix(1))
            rest = rest.dropFirst(texts.count)
            do {
                try argument.set(texts)
            } catch {
                throw .invalidValue(source: name, text: error.text, expected: error.expected)
            }
        }
        if let extra = rest.first { throw .unexpectedArgument(extra, command: type(of: command).name) }
        if let missing = arguments.first(where: { $0.argument.isRequired }) {
            throw .missingArgument(missing.name, command: type(of: command).name)
        }
    }

    private func set(_ option: any DeclaredOption, _ texts: [String], source: String) throws(UsageError) {
        do {
            try option.set(texts)
        } catch {
            throw .invalidValue(source: source, text: error.text, expected: error.expected)
        }
    }

    /// `_learningRate`, as reflection names a wrapped property, is `learning-rate` to the user.
    static func kebabCase(_ label: String) -> String {
        var result = ""
        for character in label.drop(while: { $0 == "_" }) {
            if character.isUppercase { result += "-" }
            result += character.lowercased()
        }
        return result
    }
}
