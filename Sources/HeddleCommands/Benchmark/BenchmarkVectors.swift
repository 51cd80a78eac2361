package import ArgumentParser
import HeddleBenchmark
import HeddleVectors

/// `heddle benchmark vectors`: how quickly and how well a collection of given vectors is searched.
package struct BenchmarkVectors: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "vectors",
        abstract: "Measure a collection of vectors: build, searches at given recalls, filters, memory, upserts.",
        discussion: "Recall is measured against a look at all vectors. Searches run on one thread."
    )

    @Option(help: ArgumentHelp("The vectors: a NumPy file of <f4 or <f2.", valueName: "file"))
    var npy: String

    @Option(help: ArgumentHelp("The queries; without them, some of the vectors are asked for.", valueName: "file"))
    var queries: String?

    @Option(help: ArgumentHelp("The recalls to reach, with commas between them.", valueName: "shares"))
    var recall = "0.95,0.99"

    @Option(help: "cosine, dot or l2.")
    var metric = VectorMetric.cosine.rawValue

    @Option(help: "none, float16, int8 or binary.")
    var quantization = VectorQuantization.int8.rawValue

    @Option(help: "Links of a node on the upper levels.")
    var m = 16

    @Option(help: "Candidates that a new node chooses its links from.")
    var efConstruction = 200

    @Option(help: ArgumentHelp("Threads of each build, with commas between them.", valueName: "counts"))
    var threads = "1,2"

    @Option(help: "Answers of each search.")
    var limit = 10

    @Option(help: "Queries at most.")
    var maximumQueries = 2_000

    @Option(help: ArgumentHelp("Where the collections are made, instead of a temporary folder.", valueName: "folder"))
    var folder: String?

    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    private var recalls: [Double] { recall.split(separator: ",").compactMap { Double($0) } }
    private var threadCounts: [Int] { threads.split(separator: ",").compactMap { Int($0) } }

    package func validate() throws {
        guard recalls.count == recall.split(separator: ",").count, !recalls.isEmpty,
            recalls.allSatisfy({ $0 > 0 && $0 <= 1 })
        else { throw ValidationError("--recall is shares such as 0.95,0.99") }
        guard threadCounts.count == threads.split(separator: ",").count, !threadCounts.isEmpty,
            threadCounts.allSatisfy({ (1...64).contains($0) })
        else { throw ValidationError("--threads is counts from 1 to 64 such as 1,2") }
        guard VectorMetric(rawValue: metric) != nil else { throw ValidationError("--metric is cosine, dot or l2") }
        guard VectorQuantization(rawValue: quantization) != nil else {
            throw ValidationError("--quantization is none, float16, int8 or binary")
        }
        guard (1...1_000).contains(limit) else { throw ValidationError("--limit is from 1 to 1000") }
        guard (1...100_000).contains(maximumQueries) else {
            throw ValidationError("--maximum-queries is from 1 to 100000")
        }
    }

    package func run() async throws {
        var plan = VectorsBenchmark.Plan(vectors: npy)
        plan.queries = queries
        plan.recalls = recalls
        plan.metric = VectorMetric(rawValue: metric) ?? .cosine
        plan.quantization = VectorQuantization(rawValue: quantization) ?? .int8
        plan.m = m
        plan.efConstruction = efConstruction
        plan.threads = threadCounts
        plan.limit = limit
        plan.maximumQueries = maximumQueries
        plan.folder = folder
        try await outputOptions.show(VectorsBenchmark(plan: plan))
    }
}
