import HeddleModel

/// The operations of the source's table over HTTP, each by callers without a pause: what one leaves behind the next works on.
struct ContextCalls {
    let target: ContextTarget
    let callers: Int
    let seconds: Double
    /// More requests than a measurement can need, where none is sent twice.
    private var most: Int { Int(25_000 * seconds) + callers }

    init(_ target: ContextTarget, callers: Int, seconds: Double) {
        self.target = target
        self.callers = callers
        self.seconds = seconds
    }

    /// Measures each operation.
    ///
    /// - Parameter told: Gets the name and the record of each measurement when it is over.
    /// - Returns: The records by operation.
    /// - Throws: ``HeddleError`` with `serverUnreachable`, or `internalError` when nothing could be created.
    func run(_ told: (String, LatencyRecord) -> Void) throws(HeddleError) -> [ContextOperation: LatencyRecord] {
        var records: [ContextOperation: LatencyRecord] = [:]
        func take(_ operation: ContextOperation, _ name: String, _ record: LatencyRecord) {
            told(name, record)
            records[operation] = record
        }
        // Connections, caches and the first pages of the database are there.
        _ = try target.load(0..<1000) { number throws(HeddleError) in try create(-1 - number) }.runAll(callers: callers)
        let contexts = try measureCreate { take(.create, "create", $0) }
        guard contexts.count >= callers else {
            throw HeddleError(.internalError, "the server created \(contexts.count) contexts and no more")
        }
        try measureReads(contexts, told, take)
        take(
            .update,
            "update",
            try again(contexts.prefix(5000).enumerated()) { number, id throws(HeddleError) in
                try target.request("PATCH", one(id), ContextWorkload.patch(number), expecting: #""version":"#)
            }
        )
        let members = try measureJoin(contexts) { take(.join, "add participant", $0) }
        take(
            .members,
            "list participants",
            try again(contexts.prefix(1000)) { id throws(HeddleError) in
                try target.request("GET", one(id) + "/participants?limit=20", expecting: #""items":["#)
            }
        )
        take(
            .change,
            "update participant",
            try again(members.prefix(5000).enumerated()) { number, path throws(HeddleError) in
                try target.request("PATCH", path, ContextWorkload.participantPatch(number), expecting: #""version":"#)
            }
        )
        take(
            .leave,
            "remove participant",
            try once(members) { path throws(HeddleError) in
                try target.request("DELETE", path)
            }
        )
        take(.delete, "delete", try once(contexts) { id throws(HeddleError) in try target.request("DELETE", one(id)) })
        return records
    }

    // MARK: Parts

    private func one(_ id: String) -> String { "\(ContextTarget.path)/\(id)" }

    private func create(_ number: Int) throws(HeddleError) -> HTTPRequestBytes {
        let body = ContextWorkload.body(abs(number))
        return try target.request("POST", ContextTarget.path, body, expecting: #"{"context_id":""#)
    }

    private func again<Thing>(
        _ things: some Sequence<Thing>,
        _ request: (Thing) throws(HeddleError) -> HTTPRequestBytes
    ) throws(HeddleError) -> LatencyRecord {
        try target.load(things, request).run(callers: callers, seconds: seconds)
    }

    private func once<Thing>(
        _ things: some Sequence<Thing>,
        _ request: (Thing) throws(HeddleError) -> HTTPRequestBytes
    ) throws(HeddleError) -> LatencyRecord {
        try target.load(things, request).runAll(callers: callers, seconds: seconds)
    }

    private func measureCreate(_ take: (LatencyRecord) -> Void) throws(HeddleError) -> [String] {
        var ids = AnsweredIDs("context_id")
        let load = try target.load(0..<most, create)
        take(try load.runAll(callers: callers, seconds: seconds) { ids.take($0, $1) })
        return ids.found.map(\.id)
    }

    private func measureReads(
        _ contexts: [String],
        _ told: (String, LatencyRecord) -> Void,
        _ take: (ContextOperation, String, LatencyRecord) -> Void
    ) throws(HeddleError) {
        let request = { (id: String) throws(HeddleError) -> HTTPRequestBytes in
            try target.request("GET", one(id), expecting: #"{"context_id":""#)
        }
        told("get, each for the first time", try once(contexts, request))
        take(.get, "get", try again(contexts.prefix(1000), request))
        let list = "\(ContextTarget.path)?limit=20"
        told(
            "list of 20, the same page",
            try again([list]) { path throws(HeddleError) in
                try target.request("GET", path, expecting: #""items":["#)
            }
        )
        // A page of its own each time, so that none is kept already.
        take(
            .list,
            "list of 20",
            try once(contexts.indices.dropFirst(21)) { number throws(HeddleError) in
                try target.request(
                    "GET",
                    list + "&cursor=" + String(number, radix: 16),
                    expecting: #""has_more":"#
                )
            }
        )
    }

    private func measureJoin(
        _ contexts: [String],
        _ take: (LatencyRecord) -> Void
    ) throws(HeddleError) -> [String] {
        var ids = AnsweredIDs("participant_id")
        let rooms = Array(contexts.prefix(1000))
        let load = try target.load(0..<most) { number throws(HeddleError) in
            try target.request(
                "POST",
                one(rooms[number % rooms.count]) + "/participants",
                ContextWorkload.participant(number / rooms.count),
                expecting: #"{"participant_id":""#
            )
        }
        take(try load.runAll(callers: callers, seconds: seconds) { ids.take($0, $1) })
        return ids.found.map { one(rooms[$0.place % rooms.count]) + "/participants/" + $0.id }
    }
}
