import ArgonneData
import ArgonneTokenizer
final class BatchLoader { init(corpus: CorpusConfiguration, tokenizer: Tokenizer, shape: BatchShape, startingAt: DataPosition?, workers: Int) throws {}
  func next() throws -> Batch? { nil }
  func stop() {} }
