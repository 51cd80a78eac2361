package import HeddleModel

extension VectorCollection {
    /// Points by their ids, in the order that they are asked for; ids that are not there are left out.
    ///
    /// - Parameters:
    ///   - ids: At most 10,000.
    ///   - withVector: Whether vectors are wanted too.
    /// - Returns: The points.
    /// - Throws: ``HeddleError`` with `.invalidRequest`, `.collectionNotFound`.
    package func fetch(_ ids: [String], withVector: Bool = false) throws(HeddleError) -> [VectorMatch] {
        guard ids.count <= Self.maximumBatch else {
            throw HeddleError(
                .invalidRequest,
                "at most \(Self.maximumBatch) points can be fetched at once",
                details: ["field": "ids", "limit": String(Self.maximumBatch)]
            )
        }
        for id in ids { try VectorPoint.validate(id: id) }
        return try lock.read { () throws(HeddleError) in
            try checkOpen()
            return ids.compactMap { id in
                content.slot(of: id).flatMap { match($0, 0, true, withVector) }
            }
        }
    }

    /// One page of all points, in no order that means anything.
    ///
    /// Points that are written between two pages may be missed, or come again when they were replaced.
    ///
    /// - Parameters:
    ///   - cursor: What the last page said comes next; nothing for the first.
    ///   - limit: How many points at most, 1...1,000.
    ///   - filter: Which points.
    ///   - withVector: Whether vectors are wanted too.
    /// - Returns: The points, and what to ask for the next page with, unless this is the last.
    /// - Throws: ``HeddleError`` with `.invalidRequest`, `.collectionNotFound`.
    package func scroll(
        after cursor: Int? = nil,
        limit: Int = 100,
        filter: VectorFilter? = nil,
        withVector: Bool = false
    ) throws(HeddleError) -> (points: [VectorMatch], next: Int?) {
        guard (1...1_000).contains(limit), cursor.map({ $0 >= 0 }) ?? true else {
            throw HeddleError(
                .invalidRequest,
                "limit has to be between 1 and 1000",
                details: ["field": "limit", "limit": "1000"]
            )
        }
        return try lock.read { () throws(HeddleError) in
            try checkOpen()
            var allowed = content.alive
            if let filter {
                allowed = try content.fields.slots(filter, alive: content.alive) { content.slot(of: $0) }
            }
            var points: [VectorMatch] = []
            var slot = UInt32(clamping: cursor ?? 0)
            while slot < content.count, points.count < limit {
                if allowed[slot], let match = match(slot, 0, true, withVector) { points.append(match) }
                slot += 1
            }
            return (points, slot < content.count ? Int(slot) : nil)
        }
    }

    /// Answers of several searches, which share the processors.
    ///
    /// - Parameter queries: At most 1,000.
    /// - Returns: The answers, in the order of the queries.
    /// - Throws: ``HeddleError`` with `.invalidRequest`, `.collectionNotFound`: of the first that fails.
    package func search(_ queries: [VectorQuery]) async throws -> [[VectorMatch]] {
        guard queries.count <= 1_000 else {
            throw HeddleError(
                .invalidRequest,
                "at most 1000 searches can be asked for at once",
                details: ["field": "queries", "limit": "1000"]
            )
        }
        for query in queries { try query.validate(for: settings) }
        let parts = min(queries.count, options.threads)
        guard parts > 1 else {
            var answers: [[VectorMatch]] = []
            for query in queries { answers.append(try search(query)) }
            return answers
        }
        return try await withThrowingTaskGroup(of: [(Int, [VectorMatch])].self) { group in
            for part in 0..<parts {
                group.addTask {
                    var answers: [(Int, [VectorMatch])] = []
                    for index in stride(from: part, to: queries.count, by: parts) {
                        answers.append((index, try self.search(queries[index])))
                    }
                    return answers
                }
            }
            var all = [[VectorMatch]](repeating: [], count: queries.count)
            for try await answers in group {
                for (index, matches) in answers { all[index] = matches }
            }
            return all
        }
    }
}
