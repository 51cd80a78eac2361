package import HeddleModel

extension InvocationService {
    /// The time a batch has when it names none.
    package static let defaultBatchTimeout = Duration.seconds(60)
    /// Calls of a batch that are under way at once when it names no number.
    package static let defaultBatchSize = 10
    /// The most calls of one batch.
    package static let mostBatchItems = 10_000

    /// Makes several calls, so many at once; each comes to an answer or an error of its own.
    ///
    /// Calls under way are given up when nobody takes their results any more.
    ///
    /// - Parameters:
    ///   - caller: On whose behalf.
    ///   - requests: What is called.
    ///   - size: Calls under way at once, and results that wait to be taken.
    /// - Returns: What came of each, in the order in which they end.
    package func results(_ caller: Caller, batch requests: [Request], size: Int) -> BatchCalls {
        let (results, told) = AsyncStream.makeStream(of: BatchCalls.Element.self)
        let (taken, taking) = AsyncStream.makeStream(of: Void.self)
        // Unstructured, because it belongs to whoever reads the results; their end cancels it.
        let task = Task { [self] in
            await withTaskGroup(of: Void.self) { group in
                var places = taken.makeAsyncIterator()
                for (index, request) in requests.enumerated() {
                    // The next begins when a result was taken, so that a slow reader makes none pile up.
                    if index >= max(1, size) { guard await places.next() != nil else { break } }
                    guard !Task.isCancelled else { break }
                    group.addTask { [self] in
                        do {
                            told.yield((index, .success(try await invoke(caller, request))))
                        } catch {
                            told.yield((index, .failure(error)))
                        }
                    }
                }
            }
            told.finish()
        }
        told.onTermination = { _ in
            task.cancel()
            taking.finish()
        }
        return BatchCalls(results: results, taking: taking)
    }
}

/// The results of a batch, in the order in which its calls end.
package struct BatchCalls: AsyncSequence, Sendable {
    /// The place of a call among the requests, and what came of it.
    package typealias Element = (index: Int, result: Result<InvocationService.Answer, any Error>)

    fileprivate let results: AsyncStream<Element>
    fileprivate let taking: AsyncStream<Void>.Continuation

    package func makeAsyncIterator() -> Iterator {
        Iterator(results: results.makeAsyncIterator(), taking: taking)
    }

    /// Asks for the next result when it is done with the last.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate var results: AsyncStream<Element>.Iterator
        fileprivate let taking: AsyncStream<Void>.Continuation
        private var hasTaken = false

        fileprivate init(results: AsyncStream<Element>.Iterator, taking: AsyncStream<Void>.Continuation) {
            self.results = results
            self.taking = taking
        }

        package mutating func next() async -> Element? { await next(isolation: nil) }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
            if hasTaken { taking.yield() }
            hasTaken = true
            return await results.next(isolation: actor)
        }
    }
}
