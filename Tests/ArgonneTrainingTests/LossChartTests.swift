import ArgonneTraining
import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

struct LossChartTests {
    /// Gathers the parts of a chart from its XML.
    private final class Chart: NSObject, XMLParserDelegate {
        var texts: [String] = []
        var lines: [String: [(x: Double, y: Double)]] = [:]

        init(_ svg: String) throws {
            super.init()
            let parser = XMLParser(data: Data(svg.utf8))
            parser.delegate = self
            #expect(parser.parse(), "\(String(describing: parser.parserError))")
        }

        func parser(
            _: XMLParser, didStartElement name: String, namespaceURI _: String?, qualifiedName _: String?, attributes: [String: String]
        ) {
            if name == "text" { texts.append("") }
            if name == "polyline", let kind = attributes["class"], let points = attributes["points"] {
                lines[kind] = points.split(separator: " ").map { pair in
                    let numbers = pair.split(separator: ",").compactMap { Double($0) }
                    return numbers.count == 2 ? (numbers[0], numbers[1]) : (.nan, .nan)
                }
            }
        }

        func parser(_: XMLParser, foundCharacters text: String) {
            if !texts.isEmpty { texts[texts.count - 1] += text.trimmingCharacters(in: .newlines) }
        }
    }

    private func falling(_ count: Int) -> [LossChart.Point] {
        (1...count).map { LossChart.Point(step: $0, loss: 3 + 6.3 * exp(-Double($0) / 200) + 0.1 * sin(Double($0))) }
    }

    @Test func aFallingLossIsDrawnBetweenItsExtremes() throws {
        let chart = try Chart(LossChart(falling(500), title: "a < b & c").svg)
        #expect(chart.texts.contains("a < b & c"))
        #expect(chart.texts.contains("9.353 → 3.470, lowest 3.432, 500 steps"))
        #expect(["3", "4", "9", "10", "100", "500", "step"].allSatisfy(chart.texts.contains))
        let raw = try #require(chart.lines["raw"])
        #expect(raw.count == 500)
        #expect(raw.first?.x == 56)
        #expect(raw.last?.x == 784)
        #expect(raw.allSatisfy { (40...356).contains($0.y) })
        let smooth = try #require(chart.lines["smooth"])
        #expect(zip(smooth, smooth.dropFirst()).allSatisfy { $0.x < $1.x })
        #expect(smooth.last.map { $0.y > 300 } == true)
    }

    @Test func aLongRunIsASmallFile() throws {
        let svg = LossChart(falling(300_000)).svg
        #expect(svg.utf8.count < 30_000)
        let raw = try #require(try Chart(svg).lines["raw"])
        #expect(raw.first?.x == 56)
        #expect(raw.allSatisfy { (40...356).contains($0.y) })
    }

    @Test func degenerateRunsAreCharts() throws {
        #expect(try Chart(LossChart([]).svg).texts.contains("no losses yet"))
        #expect(try Chart(LossChart([.init(step: 1, loss: .nan)]).svg).texts.contains("no losses yet"))
        for points in [
            [LossChart.Point(step: 5, loss: 2)], [.init(step: 5, loss: 2), .init(step: 6, loss: 2), .init(step: 7, loss: .infinity)],
        ] {
            let chart = try Chart(LossChart(points).svg)
            #expect(chart.lines["raw"]?.allSatisfy { $0.x.isFinite && (40...356).contains($0.y) } == true)
            #expect(chart.texts.contains { $0.hasPrefix("2.000 → 2.000") })
        }
    }
}
