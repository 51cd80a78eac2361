import HeddleModel

/// Contexts in great number: putting them in, and finding some of them again.
struct ContextQueries {
    /// Contexts of one request.
    static let batch = 1000
    private static let batchCallers = 4

    let target: ContextTarget
    let callers: Int
    let seconds: Double
    /// How many contexts there are to be.
    let contexts: Int

    /// What was measured of queries.
    struct Figures {
        /// Contexts created each second, a thousand with each request.
        var createdPerSecond = 0.0
        var search = LatencyRecord()
        var filter = LatencyRecord()
    }

    /// Creates the contexts and asks for some of them.
    ///
    /// - Parameter told: Gets the name, the callers and the record of each measurement when it is over.
    /// - Returns: What goals are asked of.
    /// - Throws: ``HeddleError`` with `serverUnreachable`.
    func run(_ told: (String, Int, LatencyRecord) -> Void) throws(HeddleError) -> Figures {
        var figures = Figures()
        let path = ContextTarget.path
        let starts = stride(from: 0, to: contexts, by: Self.batch)
        let load = try target.load(starts) { start throws(HeddleError) in
            try target.request(
                "POST",
                path + "/batch",
                ContextWorkload.batch(from: start, count: Self.batch),
                expecting: #"{"items":["#
            )
        }
        let created = try load.runAll(callers: Self.batchCallers)
        told("batch create, 1,000 each", Self.batchCallers, created)
        figures.createdPerSecond = created.rate * Double(Self.batch)
        let most = Int(10_000 * seconds) + callers
        let searches = try target.load(0..<most) { number throws(HeddleError) in
            try target.request("GET", "\(path)?\(ContextWorkload.search(number))", expecting: #""items":["#)
        }
        told("text search", 1, try searches.runAll(callers: 1, seconds: seconds / 2))
        let others = try target.load(most..<(2 * most)) { number throws(HeddleError) in
            try target.request("GET", "\(path)?\(ContextWorkload.search(number))", expecting: #""items":["#)
        }
        figures.search = try others.runAll(callers: callers, seconds: seconds)
        told("text search", callers, figures.search)
        let filters = try target.load(0..<min(most, ContextWorkload.pairs(among: contexts))) {
            number throws(HeddleError) in
            try target.request(
                "GET",
                "\(path)?\(ContextWorkload.filter(number, among: contexts))",
                expecting: #""items":[{"#
            )
        }
        figures.filter = try filters.runAll(callers: callers, seconds: seconds)
        told("tag and metadata filter", callers, figures.filter)
        return figures
    }
}
