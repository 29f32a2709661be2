import CPJRT

/// A column of a Parquet or Arrow file.
public struct ArrowField: Sendable, Equatable, Codable {
    /// Its name.
    public var name: String
    /// Its type as the Arrow C data interface spells it ("u": utf8, "g": float64, "+l": list, …).
    public var format: String

    /// The type in words, where it is a common one.
    public var typeName: String {
        let names = [
            "n": "null", "b": "bool", "c": "int8", "C": "uint8", "s": "int16", "S": "uint16", "i": "int32", "I": "uint32", "l": "int64",
            "L": "uint64", "e": "float16", "f": "float32", "g": "float64", "z": "binary", "Z": "large binary", "vz": "binary view",
            "u": "string", "U": "large string", "vu": "string view", "tdD": "date", "tdm": "date", "+l": "list", "+L": "large list",
            "+s": "struct", "+m": "map",
        ]
        if let name = names[format] { return name }
        return format.hasPrefix("ts") ? "timestamp" : format
    }

    /// The fields of a record batch's schema.
    static func fields(of schema: ArrowSchema) -> [ArrowField] {
        (0..<Int(schema.n_children)).compactMap { index in
            guard let field = schema.children[index]?.pointee, let format = field.format else { return nil }
            return ArrowField(name: field.name.map { String(cString: $0) } ?? "", format: String(cString: format))
        }
    }
}

/// What a Parquet or Arrow file says about itself.
public struct ArrowDescription: Sendable {
    /// A row group, or a record batch of an IPC file.
    public struct RowGroup: Sendable, Equatable, Codable {
        /// Rows in it.
        public var rows: Int
        /// Bytes of all columns in memory; 0 where the format does not say.
        public var bytes: Int
        /// Bytes of all columns in the file; 0 where the format does not say.
        public var compressedBytes: Int
    }

    /// Its columns.
    public var fields: [ArrowField]
    /// Its row groups, or its record batches.
    public var rowGroups: [RowGroup]
    /// Rows in all.
    public var rows: Int { rowGroups.reduce(0) { $0 + $1.rows } }

    /// Reads the description of a file.
    public init(path: String) throws(DataError) {
        let api = try ArrowLibrary.api()
        var groups: [ArgonneRowGroup] = []
        var count: Int64 = 0
        var fields: [ArrowField] = []
        do throws(ArrowLibrary.Failure) {
            // The first call tells how many there are, the second brings them.
            repeat {
                groups = [ArgonneRowGroup](repeating: ArgonneRowGroup(), count: Int(count))
                var schema = ArrowSchema()
                defer { schema.release?(&schema) }
                try ArrowLibrary.call { api.describe(path, &schema, &groups, Int64(groups.count), &count, $0, $1) }
                fields = ArrowField.fields(of: schema)
            } while groups.count < Int(count)
        } catch {
            throw .unreadable(path: path, reason: error.message)
        }
        self.fields = fields
        rowGroups = groups.map { RowGroup(rows: Int($0.rows), bytes: Int($0.bytes), compressedBytes: Int($0.compressed_bytes)) }
    }
}
