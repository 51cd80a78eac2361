import HeddleModel

/// What many contexts with participants cost a server that nobody asks anything.
struct ContextFootprint {
    private static let participants = 5

    let target: ContextTarget
    let server: ServerUnderTest
    let callers: Int
    /// How many contexts there are to be.
    let contexts: Int
    /// How long the server is left alone.
    let idleSeconds: Double

    /// What was measured.
    struct Figures {
        /// Memory of the server before the first context, in bytes.
        var base = 0
        /// What each context added to it, in bytes: when they were made, and when each was shown once.
        var created = 0.0
        var touched = 0.0
        /// The share of one core that the idle server used, in percent.
        var idle = 0.0
    }

    /// Creates, fills and reads the contexts, and waits.
    ///
    /// - Throws: ``HeddleError`` with `serverUnreachable`, or `internalError` when not all could be made.
    func run() throws(HeddleError) -> Figures {
        var figures = Figures()
        // What the first requests of any kind cost is no context's.
        _ =
            try target.load(0..<256) { number throws(HeddleError) in
                try target.request("POST", ContextTarget.path, ContextWorkload.body(number))
            }
            .runAll(callers: callers)
        figures.base = server.residentMemory
        var ids = AnsweredIDs("context_id")
        let create = try target.load(0..<contexts) { number throws(HeddleError) in
            try target.request("POST", ContextTarget.path, ContextWorkload.body(number))
        }
        _ = try create.runAll(callers: callers) { ids.take($0, $1) }
        let paths = ids.found.map { "\(ContextTarget.path)/\($0.id)" }
        let members = (0..<Self.participants).map(ContextWorkload.participant).joined(separator: ",")
        let join = try target.load(paths) { path throws(HeddleError) in
            try target.request("POST", path + "/participants/batch", #"{"participants":[\#(members)]}"#)
        }
        let joined = try join.runAll(callers: callers)
        guard paths.count == contexts, joined.failures == 0 else {
            throw HeddleError(
                .internalError,
                "the server made \(paths.count) contexts; \(joined.failures) stayed empty"
            )
        }
        figures.created = growth(since: figures.base)
        for suffix in ["", "/participants"] {
            _ = try target.load(paths) { path throws(HeddleError) in try target.request("GET", path + suffix) }
                .runAll(callers: callers)
        }
        figures.touched = growth(since: figures.base)
        let (began, used) = (MonotonicClock.now, server.processorTime)
        MonotonicClock.wait(idleSeconds)
        let elapsed = Double(MonotonicClock.now - began) / 1e9
        figures.idle = (server.processorTime - used) / elapsed * 100
        return figures
    }

    private func growth(since base: Int) -> Double { Double(server.residentMemory - base) / Double(contexts) }
}
