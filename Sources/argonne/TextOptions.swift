import ArgonneData

/// Where the text is in a shard: what every command that reads text has.
struct TextOptions: OptionGroup {
    @Option("the column of Parquet and Arrow files, and the key of JSON Lines, that holds the text") var textColumn = "text"
    @Option("what a document is in plain text: a line, or the whole file") var plainText: TextLayout.PlainTextDocument = .line

    var layout: TextLayout { TextLayout(textColumn: textColumn, plainText: plainText) }
}

extension TextLayout.PlainTextDocument: OptionValue {}
