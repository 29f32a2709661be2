import ArgonneInference
import ArgonneTokenizer
import ArgonneTraining
import SPMD

/// Writes samples during training with the weights as they are, in the manner of the original Argonne 2.
struct TrainingSampler {
    private let unstack: ModelUnstacking
    private let tokenizer: Tokenizer
    private let programs = GenerationPrograms()

    init(_ plan: ModelPlan, tokenizer: Tokenizer, on runtime: Runtime) throws {
        unstack = try ModelUnstacking(plan.model, plan.weights, compute: plan.compute, on: runtime)
        self.tokenizer = tokenizer
    }

    /// At most 100 tokens after the prompt, at temperature 0.7 among the 50 likeliest that make up 90 %.
    func write(_ state: TrainingState, _ prompt: String) throws -> String {
        let generator = try Generator(unstack(state.weights), tokenizer: tokenizer, programs: programs)
        let options = GenerationOptions(
            maxNewTokens: 100, sampling: Sampling(temperature: 0.7, topK: 50, topP: 0.9),
            stopTokens: Set([tokenizer.endOfDocument].compactMap { $0 }))
        return try generator.generate([tokenizer.encode(prompt)], options).results[0].text
    }
}
