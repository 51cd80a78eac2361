import HeddleModel

/// Changes of shared states: small ones of many contexts, and a great one of a great document.
struct ContextStates {
    /// Members of the great document, and operations of the patch that changes it.
    private static let (members, operations) = (16_000, 10_000)

    let target: ContextTarget
    let callers: Int
    let seconds: Double

    /// Measures both kinds of changes.
    ///
    /// - Parameter told: Gets the name, the callers and the record of each measurement when it is over.
    /// - Returns: The record of the small changes.
    /// - Throws: ``HeddleError`` with `serverUnreachable`.
    func run(_ told: (String, Int, LatencyRecord) -> Void) throws(HeddleError) -> LatencyRecord {
        var ids = AnsweredIDs("context_id")
        let create = try target.load(0..<256) { number throws(HeddleError) in
            try target.request("POST", ContextTarget.path, ContextWorkload.body(number))
        }
        _ = try create.runAll(callers: callers) { ids.take($0, $1) }
        let paths = ids.found.map { "\(ContextTarget.path)/\($0.id)/state" }
        guard let first = paths.first else {
            throw HeddleError(.internalError, "the server created no context")
        }
        let small = try target.load(0..<10_000) { number throws(HeddleError) in
            try patch(
                paths[number % paths.count],
                #"[{"op":"add","path":"/member-\#(number / paths.count % 20)","value":{"n":\#(number),"by":"agent"}}]"#
            )
        }
        let changes = try small.run(callers: callers, seconds: seconds)
        told("state patch, small", callers, changes)
        try fill(first)
        let great = try target.load(0..<4) { round throws(HeddleError) in
            try patch(first, Self.replacements(round))
        }
        told("state patch, 1 MB and 10,000", 1, try great.run(callers: 1, seconds: seconds))
        return changes
    }

    private func patch(_ path: String, _ operations: String) throws(HeddleError) -> HTTPRequestBytes {
        try target.request(
            "PATCH",
            path,
            operations,
            type: "application/json-patch+json",
            expecting: #""version":"#
        )
    }

    /// Gives a context the great document.
    private func fill(_ path: String) throws(HeddleError) {
        let members = (0..<Self.members)
            .map { #""member-\#($0)":{"n":\#($0),"text":"\#(ContextWorkload.word($0)) and some more of it"}"# }
        let put = try target.load(CollectionOfOne("{" + members.joined(separator: ",") + "}")) {
            body throws(HeddleError) in try target.request("PUT", path, body)
        }
        guard try put.runAll(callers: 1).failures == 0 else {
            throw HeddleError(.internalError, "the server did not take the document")
        }
    }

    private static func replacements(_ round: Int) -> String {
        "["
            + (0..<operations)
            .map { #"{"op":"replace","path":"/member-\#($0)/n","value":\#($0 + round)}"# }
            .joined(separator: ",") + "]"
    }
}
