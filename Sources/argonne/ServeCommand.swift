import ArgonneInference
import ArgonneServing
import ArgonneTokenizer
import ArgonneTraining
import Foundation
import PJRT
import SPMD

/// `argonne serve`: a model behind OpenAI's HTTP interface.
struct ServeCommand: Command {
    static let name = "serve"
    static let summary = "Serve a model over HTTP, as OpenAI's completions and chat interfaces."
    static let discussion = """
        Paths: POST /v1/completions, POST /v1/chat/completions, GET /v1/models, GET /health, GET /metrics (Prometheus).
        When it is ready, it prints one line with its address. Ctrl-C or SIGTERM ends it: texts under way have 10 seconds to end.
        There is no authentication: whoever reaches the address can use the model.

        Examples: argonne serve --model runs/first
                  curl localhost:8080/v1/completions -d '{"prompt": "Long long time ago, ", "max_tokens": 50}'
        """

    @Option("a run, a checkpoint or a Hugging Face directory", metavar: "DIR") var model: String
    @Option("the address to listen on; 0.0.0.0 for all of this machine's", metavar: "HOST") var host = "127.0.0.1"
    @Option("the port to listen on; 0 for any that is free", must: .be(0...65535)) var port = 8080
    @Option("texts that are written at the same time", must: .be(1...)) var batchSize = 8
    @Option("the greatest number of new tokens that a request may ask for (default: the context)", must: .be(1...)) var maxTokens: Int?
    @Option("texts that may wait; further ones are refused with 429", must: .be(1...)) var maxQueue = 64
    @Option("the longest body of a request in bytes", must: .be(1...)) var maxBody = 1 << 20
    @Option("a folder with tokenizer.json, or `bytes` (default: the model's own)", metavar: "DIR|bytes") var tokenizer: String?
    @Option("what computes") var device: Device = .cpu
    @Option("the devices' grid, as tensor=2") var mesh = Mesh()
    @Option("weights and activations (default: bf16 on cuda, f32 on cpu)") var precision: Precision?

    func run() throws {
        let location = try ModelLocation(model)
        let tokenizer = try location.loadTokenizer(self.tokenizer)
        let compute = (precision ?? device.precision).elementType
        let loaded = try LoadedModel(directory: location.weights, compute: compute, on: Runtime(device.plugin, mesh: mesh))
        var options = CompletionServer.Options()
        options.host = host
        options.port = UInt16(clamping: port)
        options.batchSize = batchSize
        options.queueLimit = maxQueue
        options.tokenLimit = maxTokens
        options.bodyLimit = maxBody

        // Signals are caught before the address is told, so that whoever has read it can end the server cleanly.
        try Interrupt.catching(isAnnounced: false) {
            let server = try CompletionServer(
                loaded, tokenizer: tokenizer, name: URL(fileURLWithPath: model).lastPathComponent,
                stopTokens: location.stopTokens(tokenizer), options: options)
            try StandardOutput.write("listening on http://\(host.contains(":") ? "[\(host)]" : host):\(server.port)\n")
            while !Interrupt.isRequested, server.failure == nil { usleep(50_000) }
            let failure = server.failure
            if failure == nil { note("stopping: running texts have 10 s to end; once more to stop at once") }
            server.stop(grace: 10)
            if let failure { throw failure }
        }
    }
}
