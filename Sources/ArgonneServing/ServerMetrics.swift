import Synchronization

/// What a server has done so far, as Prometheus reads it.
final class ServerMetrics: Sendable {
    private let state = Mutex(State())

    private struct State {
        var requests: [Request: Int] = [:]
        var promptTokens = 0
        var generatedTokens = 0
        var duration = Histogram()
        var firstToken = Histogram()
    }

    private struct Request: Hashable {
        let path: String
        let status: Int
    }

    /// Counts of durations up to some bounds.
    private struct Histogram {
        static let bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]
        var counts = Array(repeating: 0, count: bounds.count)
        var count = 0
        var sum = 0.0

        mutating func observe(_ seconds: Double) {
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { counts[index] += 1 }
            count += 1
            sum += seconds
        }

        func text(_ name: String, _ help: String) -> String {
            let buckets = zip(Self.bounds, counts).map { "\(name)_bucket{le=\"\($0)\"} \($1)\n" }.joined()
            return "# HELP \(name) \(help)\n# TYPE \(name) histogram\n\(buckets)\(name)_bucket{le=\"+Inf\"} \(count)\n"
                + "\(name)_sum \(sum)\n\(name)_count \(count)\n"
        }
    }

    /// Counts a request that was answered; `seconds` where it was one for texts. Paths that are not the server's own are counted together, so
    /// that nobody fills the memory with them.
    func addRequest(_ path: String, status: Int, seconds: Double? = nil) {
        let known = Router.Endpoint(path: path)?.rawValue ?? "other"
        state.withLock { state in
            state.requests[Request(path: known, status: status), default: 0] += 1
            if let seconds, status == 200 { state.duration.observe(seconds) }
        }
    }

    func addPrompt(_ tokens: Int) { state.withLock { $0.promptTokens += tokens } }
    func addGenerated(_ tokens: Int) { state.withLock { $0.generatedTokens += tokens } }
    func observeFirstToken(seconds: Double) { state.withLock { $0.firstToken.observe(seconds) } }

    /// Prometheus' text format, version 0.0.4.
    func text(_ load: Scheduler.Load) -> String {
        func metric(_ name: String, _ type: String, _ help: String, _ lines: [(labels: String, value: Int)]) -> String {
            "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n" + lines.map { "\(name)\($0.labels) \($0.value)\n" }.joined()
        }
        return state.withLock { state in
            let requests = state.requests.sorted { ($0.key.path, $0.key.status) < ($1.key.path, $1.key.status) }.map {
                (labels: "{path=\"\($0.key.path)\",status=\"\($0.key.status)\"}", value: $0.value)
            }
            return metric("argonne_requests_total", "counter", "Requests by path and HTTP status; 499 for clients that left.", requests)
                + metric("argonne_prompt_tokens_total", "counter", "Tokens of prompts.", [("", state.promptTokens)])
                + metric("argonne_generated_tokens_total", "counter", "Tokens written.", [("", state.generatedTokens)])
                + metric("argonne_texts_waiting", "gauge", "Texts that wait for a row of the batch.", [("", load.waiting)])
                + metric("argonne_texts_running", "gauge", "Texts that are being written.", [("", load.running)])
                + metric("argonne_batch_rows", "gauge", "Texts that can be written at the same time.", [("", load.rows)])
                + state.duration.text("argonne_request_duration_seconds", "Seconds from a completion's request to its last token.")
                + state.firstToken.text("argonne_time_to_first_token_seconds", "Seconds from a completion's request to its first token.")
        }
    }
}
