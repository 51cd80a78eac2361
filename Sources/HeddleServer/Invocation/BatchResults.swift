import HeddleExtensions
import HeddleModel
import NIOCore

/// What came of the calls of a batch, put together to one answer in the order of the items.
struct BatchResults: Sendable {
    /// The results that are held for one answer; who wants more has them streamed.
    private static let mostBytes = 64 << 20

    private let batch: BatchBody
    private let requestID: RequestID
    private var lines: [ByteBuffer?]
    private var bytes = 0
    private var worked = 0

    init(_ batch: BatchBody, _ requestID: RequestID) {
        self.batch = batch
        self.requestID = requestID
        lines = [ByteBuffer?](repeating: nil, count: batch.requests.count)
    }

    /// Adds what came of the call at a place; the result of one that is too much is left out, and said to be.
    mutating func add(_ index: Int, _ result: Result<InvocationService.Answer, any Error>) {
        var line = BatchBody.encode(index, result, requestID)
        if bytes + line.readableBytes > Self.mostBytes {
            let error = HeddleError(
                .bodyTooLarge,
                "the call was made, and its result is left out: all together are larger than \(Self.mostBytes >> 20) MB; "
                    + "ask for application/x-ndjson",
                details: ["limit": "batch_results_mb", "value": String(Self.mostBytes >> 20)]
            )
            line = BatchBody.encode(index, .failure(error), requestID)
        } else if case .success(let answer) = result, !answer.isFailure {
            worked += 1
        }
        bytes += line.readableBytes
        lines[index] = line
    }

    /// The answer.
    var body: ByteBuffer {
        var body = ByteBufferAllocator().buffer(capacity: bytes + 2 * lines.count + 128)
        body.writeString("{\"results\":[")
        for (index, line) in lines.enumerated() {
            if index > 0 { body.writeString(",") }
            var line = line ?? BatchBody.encode(index, .failure(CancellationError()), requestID)
            body.writeBuffer(&line)
        }
        let batches = (lines.count + batch.size - 1) / batch.size
        body.writeString(
            "],\"total_items\":\(lines.count),\"succeeded\":\(worked),\"failed\":\(lines.count - worked)"
                + ",\"batch_count\":\(batches)}"
        )
        return body
    }
}
