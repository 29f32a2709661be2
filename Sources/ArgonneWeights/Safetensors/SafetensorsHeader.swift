import JSON

/// The head of a safetensors file: eight bytes with the length of a JSON object, then the object, then the elements.
///
/// Format: https://huggingface.co/docs/safetensors. As the reference implementation does, reading insists that the tensors fill the
/// rest of the file exactly, without holes or overlaps. Nothing is assumed about alignment: old files have none.
struct SafetensorsHeader {
    /// The reference implementation's limit on the JSON, in bytes.
    static let maximumByteCount = 100_000_000

    /// The tensors in the order of their elements in the file.
    let tensors: [TensorDescription]
    /// Where each tensor's elements begin, counted from `dataStart`.
    let offsets: [Int]
    /// Free texts by name, such as `format`: `pt`.
    let metadata: [String: String]
    /// Where the elements begin in the file.
    let dataStart: Int

    /// Lays out tensors for writing: by descending type, which aligns all elements, and in the given order within a type. Given in the
    /// order of their names they are laid out as the reference implementation does it.
    init(layingOut tensors: [TensorDescription], metadata: [String: String]) {
        let sorted = tensors.sorted { $0.type.rank > $1.type.rank }
        var offsets: [Int] = []
        var end = 0
        for tensor in sorted {
            offsets.append(end)
            end += tensor.byteCount
        }
        self.tensors = sorted
        self.offsets = offsets
        self.metadata = metadata
        dataStart = 8 + Self.json(sorted, offsets, metadata).utf8.count
    }

    /// The bytes from the start of the file up to the elements.
    var bytes: [UInt8] {
        let json = Self.json(tensors, offsets, metadata).utf8
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }

    /// The JSON object, padded with spaces to a multiple of eight bytes.
    private static func json(_ tensors: [TensorDescription], _ offsets: [Int], _ metadata: [String: String]) -> String {
        var members: [JSONValue.Member] = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
            members.append(JSONValue.Member("__metadata__", .object(texts)))
        }
        for (tensor, start) in zip(tensors, offsets) {
            members.append(
                JSONValue.Member(
                    tensor.name,
                    [
                        "dtype": .string(tensor.type.rawValue),
                        "shape": .array(tensor.shape.map { JSONValue(integerLiteral: $0) }),
                        "data_offsets": [JSONValue(integerLiteral: start), JSONValue(integerLiteral: start + tensor.byteCount)],
                    ]))
        }
        let text = JSONValue.object(members).description
        return text + String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    }
}

extension SafetensorsHeader {
    /// Reads and checks the head of a whole file's bytes. `file` is named in errors.
    init(parsing file: UnsafeRawBufferPointer, named path: String) throws(WeightsError) {
        func malformed(_ reason: String, tensor: String? = nil) -> WeightsError { .malformed(file: path, tensor: tensor, reason: reason) }

        guard file.count >= 8 else { throw malformed("it has \(file.count) bytes, too few for a safetensors header") }
        let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
        guard length <= Self.maximumByteCount else {
            throw malformed("its header claims \(length) bytes, more than the \(Self.maximumByteCount) that the format allows")
        }
        let dataStart = 8 + Int(length)
        guard dataStart <= file.count else {
            throw malformed("its header claims \(length) bytes, but only \(file.count - 8) follow; the file is truncated")
        }
        let document: JSONValue
        do {
            document = try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: file[8..<dataStart]))
        } catch {
            throw malformed("its header is not valid JSON: \(error)")
        }
        guard let members = document.members, file[8] == UInt8(ascii: "{") else { throw malformed("its header is not a JSON object") }

        var metadata: [String: String] = [:]
        var entries: [(tensor: TensorDescription, start: Int)] = []
        for member in members {
            if member.key == "__metadata__" {
                for text in member.value.members ?? [] { metadata[text.key] = text.value.string }
                guard let texts = member.value.members, texts.count == metadata.count else {
                    throw malformed("'__metadata__' is not an object of strings")
                }
            } else {
                do {
                    entries.append(try Self.entry(member))
                } catch {
                    throw malformed(error.reason, tensor: member.key)
                }
            }
        }

        entries.sort { ($0.start, $0.tensor.byteCount) < ($1.start, $1.tensor.byteCount) }
        var end = 0
        for (tensor, start) in entries {
            guard start == end else {
                throw malformed(
                    start < end
                        ? "begins at byte \(start) of the data and overlaps the one that ends at \(end)"
                        : "begins at byte \(start) of the data, which leaves a hole after byte \(end)", tensor: tensor.name)
            }
            end += tensor.byteCount
            guard end <= file.count - dataStart else {
                throw malformed(
                    "ends at byte \(end) of the data, of which there are \(file.count - dataStart); the file is truncated",
                    tensor: tensor.name)
            }
        }
        guard end == file.count - dataStart else { throw malformed("its tensors end at byte \(end) of \(file.count - dataStart)") }
        tensors = entries.map(\.tensor)
        offsets = entries.map(\.start)
        self.metadata = metadata
        self.dataStart = dataStart
    }

    private struct Flaw: Error {
        let reason: String
    }

    private static func entry(_ member: JSONValue.Member) throws(Flaw) -> (tensor: TensorDescription, start: Int) {
        let known = ["dtype", "shape", "data_offsets"]
        guard let fields = member.value.members, fields.count == known.count, fields.allSatisfy({ known.contains($0.key) }) else {
            throw Flaw(reason: "must have exactly the fields dtype, shape and data_offsets")
        }
        guard let name = member.value["dtype"]?.string else { throw Flaw(reason: "has a dtype that is not a string") }
        guard let type = SafetensorsType(rawValue: name) else {
            let known = SafetensorsType.allCases.map(\.rawValue).joined(separator: ", ")
            throw Flaw(reason: "has the dtype '\(name)', which is none of \(known)")
        }
        guard let dimensions = member.value["shape"]?.elements else { throw Flaw(reason: "has a shape that is not a list") }
        var shape: [Int] = []
        var byteCount = type.byteCount
        for dimension in dimensions {
            guard let size = dimension.integer(as: Int.self), size >= 0 else {
                throw Flaw(reason: "has the dimension \(dimension), which is not a size")
            }
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
            guard !overflow else {
                throw Flaw(reason: "has the shape \(dimensions.map(\.description)), which is more than memory can hold")
            }
            byteCount = product
            shape.append(size)
        }
        guard let pair = member.value["data_offsets"]?.elements, pair.count == 2, let start = pair[0].integer(as: Int.self),
            let end = pair[1].integer(as: Int.self), start >= 0, end >= start
        else {
            throw Flaw(reason: "has data_offsets that are not a begin and an end")
        }
        guard end - start == byteCount else {
            throw Flaw(reason: "has \(end - start) bytes, but \(type.rawValue) elements of shape \(shape) take \(byteCount)")
        }
        return (TensorDescription(name: member.key, type: type, shape: shape), start)
    }
}
