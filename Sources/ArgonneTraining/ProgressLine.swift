import Foundation

/// Shows how far a run is: on a terminal as one line that is rewritten in place, elsewhere as a plain line every so many steps.
///
///     step 1,200/80,000 · loss 3.4121 · 12.4k tokens/s · 2 h 05 min left
public struct ProgressLine {
    private let lastStep: Int
    private let plainEvery: Int
    private let width: Int?
    private let write: (String) -> Void
    private var first: (step: Int, time: ContinuousClock.Instant)?
    private var lastDrawn: ContinuousClock.Instant?

    /// Shows progress towards `lastStep` on standard error; a plain line every `plainEvery` steps where that is not a terminal.
    public init(lastStep: Int, plainEvery: Int = 50) {
        var size = winsize()
        let isTerminal = isatty(STDERR_FILENO) == 1
        let hasSize = isTerminal && ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        self.init(lastStep: lastStep, plainEvery: plainEvery, width: isTerminal ? (hasSize ? Int(size.ws_col) : 80) : nil) { text in
            try? FileHandle.standardError.write(contentsOf: Data(text.utf8))  // nobody watching is no reason to stop training
        }
    }

    /// Shows progress through `write`, for a terminal of this width, or with plain lines where it is nil.
    package init(lastStep: Int, plainEvery: Int, width: Int?, write: @escaping (String) -> Void) {
        self.lastStep = lastStep
        self.plainEvery = plainEvery
        self.width = width
        self.write = write
    }

    /// Shows a step that is done. A terminal's line is redrawn ten times a second at most.
    public mutating func update(step: Int, loss: Float, tokensPerSecond: Double, at now: ContinuousClock.Instant = .now) {
        var text = "step \(Self.grouped(step))/\(Self.grouped(lastStep)) · loss \(String(format: "%.4f", loss))"
        text += " · \(Self.short(tokensPerSecond)) tokens/s"
        if let first {
            // The mean since the first step shown; it includes checkpoints and samples, as the rest of the run will.
            let each = first.time.duration(to: now) / Double(max(1, step - first.step))
            if step < lastStep { text += " · \(Self.duration(each * Double(lastStep - step))) left" }
        } else {
            first = (step, now)
        }
        if let width {
            guard step == lastStep || lastDrawn.map({ $0.duration(to: now) >= .milliseconds(100) }) ?? true else { return }
            write("\r\u{1b}[K" + text.prefix(width - 1))
            lastDrawn = now
        } else if step % plainEvery == 0 || step == lastStep {
            write(text + "\n")
        }
    }

    /// Writes a line that stays, above the progress where that is rewritten.
    public mutating func note(_ line: String) {
        write(lastDrawn == nil ? "\(line)\n" : "\r\u{1b}[K\(line)\n")
        lastDrawn = nil
    }

    /// Leaves the last progress on the terminal and goes to the next line.
    public mutating func finish() {
        if lastDrawn != nil { write("\n") }
        lastDrawn = nil
    }

    /// 1234567 as "1,234,567".
    package static func grouped(_ number: Int) -> String {
        var text = ""
        for (index, digit) in String(number.magnitude).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + String(text.reversed())
    }

    /// A count with three digits and a unit of thousands: 950, 12.4k, 1.25M.
    package static func short(_ number: Double) -> String {
        guard number.isFinite else { return "–" }
        var (value, unit) = (number, "")
        for next in ["k", "M", "G", "T"] where value.magnitude >= 999.5 { (value, unit) = (value / 1000, next) }
        let decimals = unit.isEmpty || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
        return String(format: "%.\(decimals)f", value) + unit
    }

    /// A time with its two largest units: "48 s", "12 min 05 s", "2 h 05 min", "3 d 04 h".
    package static func duration(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        switch seconds {
        case ..<60: return "\(max(0, seconds)) s"
        case ..<3600: return "\(seconds / 60) min \(two(seconds % 60)) s"
        case ..<86400: return "\(seconds / 3600) h \(two(seconds / 60 % 60)) min"
        default: return "\(seconds / 86400) d \(two(seconds / 3600 % 24)) h"
        }
    }
}
