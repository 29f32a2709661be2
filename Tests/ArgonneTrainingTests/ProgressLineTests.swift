import ArgonneTraining
import Testing

struct ProgressLineTests {
    /// Collects what is written.
    private final class Screen {
        var text = ""
    }

    private let start = ContinuousClock.now

    private func line(on screen: Screen, width: Int?) -> ProgressLine {
        ProgressLine(lastStep: 1200, plainEvery: 10, width: width) { screen.text += $0 }
    }

    @Test func plainLinesComeEverySoManySteps() {
        let screen = Screen()
        var progress = line(on: screen, width: nil)
        for step in 1...20 {
            progress.update(step: step, loss: 9.25, tokensPerSecond: 12_345, at: start + .seconds(step))
        }
        progress.note("checkpoint step-20")
        progress.update(step: 1200, loss: 3.5, tokensPerSecond: 950, at: start + .seconds(1200))
        progress.finish()
        #expect(
            screen.text == """
                step 10/1,200 · loss 9.2500 · 12.3k tokens/s · 19 min 50 s left
                step 20/1,200 · loss 9.2500 · 12.3k tokens/s · 19 min 40 s left
                checkpoint step-20
                step 1,200/1,200 · loss 3.5000 · 950 tokens/s

                """)
    }

    @Test func aTerminalsLineIsRewritten() {
        let screen = Screen()
        var progress = line(on: screen, width: 40)
        progress.update(step: 1, loss: 9, tokensPerSecond: 10, at: start)
        progress.update(step: 2, loss: 8, tokensPerSecond: 10, at: start + .milliseconds(10))  // too soon to be seen
        progress.note("saved")
        progress.update(step: 3, loss: 7, tokensPerSecond: 10, at: start + .milliseconds(20))
        progress.update(step: 1200, loss: 6, tokensPerSecond: 10, at: start + .milliseconds(30))
        progress.finish()
        let shown = screen.text.replacing("\r\u{1b}[K", with: "|")
        #expect(
            shown
                == "|step 1/1,200 · loss 9.0000 · 10 tokens/|saved\n|step 3/1,200 · loss 7.0000 · 10 tokens/"
                + "|step 1,200/1,200 · loss 6.0000 · 10 tok\n")
    }

    @Test func numbersAreShort() {
        let rates: [Double] = [0, 7, 999, 999.6, 1234, 12_345, 123_456, 999_600, 1.25e6, .nan]
        #expect(rates.map { ProgressLine.short($0) } == ["0", "7", "999", "1.00k", "1.23k", "12.3k", "123k", "1.00M", "1.25M", "–"])
        let counts: [Int] = [0, 999, 1000, 1_347_890, -1000]
        #expect(counts.map { ProgressLine.grouped($0) } == ["0", "999", "1,000", "1,347,890", "-1,000"])
        let seconds: [Int] = [0, 59, 60, 3599, 3600, 86399, 86400 * 3 + 4 * 3600]
        #expect(
            seconds.map { ProgressLine.duration(.seconds($0)) }
                == ["0 s", "59 s", "1 min 00 s", "59 min 59 s", "1 h 00 min", "23 h 59 min", "3 d 04 h"])
    }
}
