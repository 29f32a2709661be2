import Glibc

/// Why weights could not be read or written.
public enum WeightsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file or folder cannot be opened, listed or read.
    case unreadable(path: String, reason: String)
    /// A file or folder cannot be created, written, synced, renamed or removed.
    case unwritable(path: String, reason: String)
    /// No space is left for this file.
    case diskFull(path: String)
    /// A file is not what its format asks for; `tensor` names the entry at fault, where it is one.
    case malformed(file: String, tensor: String?, reason: String)
    /// There is no tensor of this name.
    case missingTensor(String, path: String)
    /// A tensor's elements are of another type and are not converted.
    case notConvertible(tensor: String, from: String, to: String)
    /// A file is not the one that was written: another size or checksum than its manifest says.
    case damaged(file: String, reason: String)

    /// One line that names the file and the tensor, and says what is wrong.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
        case .unwritable(let path, let reason): "\(path) cannot be written: \(reason)"
        case .diskFull(let path): "no space is left on the disk for \(path); free some, or choose another folder"
        case .malformed(let file, nil, let reason): "\(file) is malformed: \(reason)"
        case .malformed(let file, let tensor?, let reason): "\(file) is malformed: tensor '\(tensor)' \(reason)"
        case .missingTensor(let name, let path): "\(path) has no tensor '\(name)'"
        case .notConvertible(let tensor, let from, let to): "tensor '\(tensor)' is \(from), which is not converted to \(to)"
        case .damaged(let file, let reason): "\(file) is damaged: \(reason)"
        }
    }

    /// The error of a failed system call that was reading.
    static func reading(_ path: String, code: Int32 = errno) -> WeightsError {
        .unreadable(path: path, reason: String(cString: strerror(code)))
    }

    /// The error of a failed system call that was writing.
    static func writing(_ path: String, code: Int32 = errno) -> WeightsError {
        code == ENOSPC || code == EDQUOT ? .diskFull(path: path) : .unwritable(path: path, reason: String(cString: strerror(code)))
    }
}
