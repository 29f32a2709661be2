/// The texts of `--help`, made from the declarations.
package enum HelpText {
    private static let width = 110
    private static let leftColumn = 30

    /// The help of the tool itself, or of a group of commands when `group` is its first word.
    package static func overview(of commands: [any Command.Type], group: String?) -> String {
        let shown = commands.filter { group == nil || $0.name.split(separator: " ").first.map(String.init) == group }
        let prefix = group.map { "argonne \($0)" } ?? "argonne"
        var text = "usage: \(prefix) <command> [options]\n"
        if group == nil { text += "\nPre-trains, evaluates and runs decoder-only language models.\n" }
        if !shown.isEmpty {
            text += "\ncommands:\n" + shown.map { row($0.name, $0.summary) }.joined()
        }
        if group == nil {
            text += "\noptions:\n" + row("--help", "show this help, or a command's after its name") + row("--version", "show the version")
        }
        return text
    }

    /// The help of one command.
    package static func command(_ type: any Command.Type) -> String {
        let parser = CommandParser(type)
        var usage = "usage: argonne \(type.name)"
        for (name, option) in parser.options where option.isRequired { usage += " --\(name) \(option.metavar)" }
        if parser.options.contains(where: { !$0.option.isRequired }) { usage += " [options]" }
        for (name, argument) in parser.arguments {
            let shown = argument.takesAll ? "\(name)…" : name
            usage += argument.isRequired ? " \(shown)" : " [\(shown)]"
        }
        var text = "\(usage)\n\n\(type.summary)\n"
        if !parser.arguments.isEmpty {
            text += "\narguments:\n" + parser.arguments.map { row($0.name, $0.argument.help) }.joined()
        }
        text += "\noptions:\n"
        for (name, option) in parser.options {
            let left = option.isFlag ? "--\(name)" : "--\(name) \(option.metavar)"
            let note = option.isRequired ? " (required)" : option.defaultText.map { " (default: \($0))" } ?? ""
            text += row(left, option.help + note)
        }
        if !parser.options.isEmpty {
            text += row("--config FILE", "a JSON5 object of option names and values; the command line wins over it")
        }
        text += row("--help", "show this help")
        if !type.discussion.isEmpty { text += "\n\(type.discussion)\n" }
        return text
    }

    /// Two columns; the right one is wrapped, and starts on a line of its own where the left one is too wide.
    private static func row(_ left: String, _ right: String) -> String {
        let indent = String(repeating: " ", count: leftColumn)
        var lines: [String] = []
        var line = ""
        for word in right.split(separator: " ") {
            if !line.isEmpty, leftColumn + line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? word : " \(word)"
        }
        lines.append(line)
        let head = "  \(left)"
        let body = lines.joined(separator: "\n\(indent)")
        guard head.count + 2 <= leftColumn else { return "\(head)\n\(indent)\(body)\n" }
        return head + String(repeating: " ", count: leftColumn - head.count) + body + "\n"
    }
}
