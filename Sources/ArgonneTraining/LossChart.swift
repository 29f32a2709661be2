import Foundation

/// A run's loss over its steps as an SVG: a smoothed line over a faint raw one, readable on light and dark pages.
///
/// The size of the file does not grow with the run: the raw line shows the span of the losses within each pixel column.
public struct LossChart: Sendable {
    /// A loss that was measured after a step.
    public struct Point: Sendable, Equatable {
        /// The step, from 1.
        public let step: Int
        /// The mean loss a token, in nats.
        public let loss: Double

        /// A loss that was measured after a step.
        public init(step: Int, loss: Double) {
            self.step = step
            self.loss = loss
        }
    }

    private static let (width, height) = (800.0, 400.0)
    private static let (left, right, top, bottom) = (56.0, 16.0, 40.0, 44.0)
    private static let columns = 364  // one for each two pixels of the plot

    private let points: [Point]
    private let title: String

    /// A chart of these losses, in order of their steps. Losses that are not finite are left out.
    public init(_ points: [Point], title: String = "Training loss") {
        self.points = points.filter { $0.loss.isFinite }
        self.title = title
    }

    /// The SVG document.
    public var svg: String {
        guard let first = points.first, let last = points.last else { return document("no losses yet", plot: "") }
        let losses = points.map(\.loss)
        let x = Axis(covering: Double(first.step)...Double(last.step), exactly: true, ticks: 8)
        let y = Axis(covering: (losses.min() ?? 0)...(losses.max() ?? 0), exactly: false, ticks: 6)
        func place(_ step: Double, _ loss: Double) -> String {
            let px = Self.left + x.fraction(step) * (Self.width - Self.left - Self.right)
            let py = Self.height - Self.bottom - y.fraction(loss) * (Self.height - Self.top - Self.bottom)
            return "\(Self.rounded(px)),\(Self.rounded(py))"
        }

        var plot = grid(x, y)
        plot += "<polyline class=\"raw\" points=\"\(raw(x).map { place($0.step, $0.loss) }.joined(separator: " "))\"/>\n"
        plot += "<polyline class=\"smooth\" points=\"\(smoothed(x).map { place($0.step, $0.loss) }.joined(separator: " "))\"/>\n"
        let range = "\(Self.number(first.loss)) → \(Self.number(last.loss)), lowest \(Self.number(losses.min() ?? 0))"
        return document("\(range), \(ProgressLine.grouped(last.step)) steps", plot: plot)
    }

    private func document(_ subtitle: String, plot: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img">
        <style>
        text { font: 12px system-ui, sans-serif; fill: #57606a; }
        .title { font-weight: 600; font-size: 14px; }
        .page { fill: #ffffff; }
        .grid { stroke: #d8dee4; }
        .raw, .smooth { fill: none; stroke: #0969da; stroke-linejoin: round; }
        .raw { opacity: 0.3; }
        .smooth { stroke-width: 2; }
        @media (prefers-color-scheme: dark) {
        text { fill: #9198a1; } .page { fill: #0d1117; } .grid { stroke: #2a313c; } .raw, .smooth { stroke: #4493f8; }
        }
        </style>
        <rect class="page" width="100%" height="100%"/>
        <text class="title" x="\(Int(Self.left))" y="24">\(Self.escaped(title))</text>
        <text x="\(Int(Self.width - Self.right))" y="24" text-anchor="end">\(Self.escaped(subtitle))</text>
        \(plot)</svg>

        """
    }

    private func grid(_ x: Axis, _ y: Axis) -> String {
        var text = ""
        let floor = Self.height - Self.bottom
        for tick in y.ticks {
            let place = Self.rounded(floor - y.fraction(tick) * (floor - Self.top))
            text += "<line class=\"grid\" x1=\"\(Self.left)\" x2=\"\(Self.width - Self.right)\" y1=\"\(place)\" y2=\"\(place)\"/>"
            text += "<text x=\"\(Self.left - 8)\" y=\"\(place)\" dy=\"4\" text-anchor=\"end\">\(y.label(tick))</text>\n"
        }
        for tick in x.ticks {
            let place = Self.rounded(Self.left + x.fraction(tick) * (Self.width - Self.left - Self.right))
            text += "<text x=\"\(place)\" y=\"\(floor + 18)\" text-anchor=\"middle\">\(Self.count(tick))</text>\n"
        }
        return text + "<text x=\"\((Self.left + Self.width - Self.right) / 2)\" y=\"\(floor + 36)\" text-anchor=\"middle\">step</text>\n"
    }

    /// The losses; where they are more than the chart has columns, the lowest and highest of each column.
    private func raw(_ x: Axis) -> [(step: Double, loss: Double)] {
        guard points.count > 2 * Self.columns else { return points.map { (Double($0.step), $0.loss) } }
        return columns(x).flatMap { column in
            let losses = points[column].map(\.loss)
            let step = Double(points[column.lowerBound].step)
            return [(step, losses.min() ?? 0), (step, losses.max() ?? 0)]
        }
    }

    /// The mean of the losses around each column's middle, over a fiftieth of the run and fewer towards its ends. It is centred: a
    /// trailing mean would lie beside a falling loss.
    private func smoothed(_ x: Axis) -> [(step: Double, loss: Double)] {
        var sums = [0.0]
        for point in points { sums.append(sums[sums.count - 1] + point.loss) }
        return columns(x).map { column in
            let middle = (column.lowerBound + column.upperBound) / 2
            let reach = min(points.count / 100, middle, points.count - 1 - middle)
            let mean = (sums[middle + reach + 1] - sums[middle - reach]) / Double(2 * reach + 1)
            return (Double(points[middle].step), mean)
        }
    }

    /// The ranges of points that fall into the same column.
    private func columns(_ x: Axis) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var (start, column) = (0, -1)
        for (index, point) in points.enumerated() {
            let next = Int(x.fraction(Double(point.step)) * Double(Self.columns))
            if next != column, index > 0 {
                ranges.append(start..<index)
                start = index
            }
            column = next
        }
        return ranges + [start..<points.count]
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    private static func number(_ value: Double) -> String { String(format: "%.3f", value) }

    /// A round number of steps with its unit: 500, 20k, 1.5M.
    private static func count(_ value: Double) -> String {
        value >= 1e6 ? String(format: "%gM", value / 1e6) : value >= 1e3 ? String(format: "%gk", value / 1e3) : String(format: "%g", value)
    }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    }
}

extension LossChart {
    /// A range of values with round numbers to mark it by.
    struct Axis {
        let range: ClosedRange<Double>
        let step: Double

        /// An axis over the values, widened to whole marks unless it is to end with them exactly, with about so many marks.
        init(covering values: ClosedRange<Double>, exactly: Bool, ticks: Int) {
            let isPoint = values.lowerBound == values.upperBound
            let wide = isPoint ? values.lowerBound - 0.5...values.upperBound + 0.5 : values
            let rough = (wide.upperBound - wide.lowerBound) / Double(ticks)
            let power = pow(10, floor(log10(rough)))
            let step = power * ([1, 2, 5].first { $0 * power >= rough } ?? 10)
            self.step = exactly ? max(1, step) : step
            range = exactly ? wide : floor(wide.lowerBound / step) * step...ceil(wide.upperBound / step) * step
        }

        /// Where a value lies, 0 at the start and 1 at the end.
        func fraction(_ value: Double) -> Double { (value - range.lowerBound) / (range.upperBound - range.lowerBound) }

        /// The multiples of the step within the range.
        var ticks: [Double] {
            let first = Int((range.lowerBound / step - 1e-9).rounded(.up))
            let last = Int((range.upperBound / step + 1e-9).rounded(.down))
            return first <= last ? (first...last).map { Double($0) * step } : []
        }

        /// A mark's text, with the decimals that tell it from the next.
        func label(_ tick: Double) -> String { String(format: "%.\(max(0, -Int(floor(log10(step) + 1e-9))))f", tick) }
    }
}
