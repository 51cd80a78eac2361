import HeddleModel

/// A server that keeps contexts, and how requests to it look.
struct ContextTarget: Sendable {
    /// Where contexts are.
    static let path = "/api/v1/contexts"

    let port: UInt16
    let headers: [String]

    /// A request to it.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when a header holds a line break.
    func request(
        _ method: String,
        _ path: String,
        _ body: String = "",
        type: String = "application/json",
        expecting expected: String = ""
    ) throws(HeddleError) -> HTTPRequestBytes {
        try HTTPRequestBytes(
            method,
            path,
            port: port,
            headers: headers,
            body: body,
            type: type,
            expecting: expected
        )
    }

    /// Requests to it, one for each of some things.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when a header holds a line break.
    func load<Thing>(
        _ things: some Sequence<Thing>,
        _ request: (Thing) throws(HeddleError) -> HTTPRequestBytes
    ) throws(HeddleError) -> HTTPLoad {
        var requests: [HTTPRequestBytes] = []
        for thing in things { requests.append(try request(thing)) }
        return HTTPLoad(port: port, requests: requests)
    }
}

/// Ids that answers begin with: `{"context_id":"…"`.
struct AnsweredIDs {
    private static let length = 36
    private let prefix: Int
    /// The place of the request of each, and the id.
    private(set) var found: [(place: Int, id: String)] = []

    /// - Parameter name: The name of the member that the answer begins with.
    init(_ name: String) { prefix = #"{"":""#.utf8.count + name.utf8.count }

    /// Takes the id of an answer's body.
    mutating func take(_ place: Int, _ body: UnsafeRawBufferPointer) {
        guard body.count >= prefix + Self.length else { return }
        let id = body[prefix..<(prefix + Self.length)]
        found.append((place, String(decoding: id, as: UTF8.self)))
    }
}
