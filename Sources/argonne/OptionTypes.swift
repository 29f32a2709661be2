import ArgonneData
import ArgonneTokenizer
import ArgonneTraining
import Foundation
import PJRT
import SPMD
import StableHLO

/// The kind of device that computes.
enum Device: String, CaseIterable, OptionValue {
    case cpu, cuda

    var plugin: Plugin.Name { self == .cpu ? .cpu : .cuda }

    /// What weights and activations are computed in unless a command is told otherwise.
    var precision: Precision { self == .cpu ? .f32 : .bf16 }

    /// On the CPU time decides, on GPUs memory.
    var recomputation: Recomputation { self == .cpu ? .elementwise : .block }
}

/// The precision of activations and matrix products.
enum Precision: String, CaseIterable, OptionValue {
    case f32, bf16

    var elementType: ElementType { self == .f32 ? .f32 : .bf16 }
}

extension Mesh: OptionValue {
    package static var metavar: String { "AXIS=N,…" }
    package init(text: String) throws(InvalidValue) {
        do {
            try self.init(parsing: text)
        } catch {
            throw InvalidValue(text: text, expected: "be axes with sizes, as in data=2,tensor=4")
        }
    }
}

extension LearningRateSchedule.Shape: OptionValue {}
extension PackingMode: OptionValue {}
extension Recomputation: OptionValue {}

extension Tokenizer {
    /// `bytes`, or the tokenizer of a folder.
    init(named name: String) throws(TokenizerError) {
        if name == "bytes" { self = .bytes } else { self = try Tokenizer(directory: name) }
    }
}

/// Writes a line for the user that is not a command's result.
func note(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

/// 1234567 as "1,234,567".
func grouped(_ number: Int) -> String { ProgressLine.grouped(number) }

/// Bytes in GiB with two decimals.
func gibibytes(_ bytes: Int) -> String { String(format: "%.2f", Double(bytes) / 0x1p30) }
