import HeddleModel

/// A request as it goes over the wire, and what tells a right answer to it.
struct HTTPRequestBytes: Sendable {
    let bytes: [UInt8]
    /// What a right answer holds; nothing when its status says enough.
    let expected: [UInt8]

    /// Renders a request.
    ///
    /// - Parameters:
    ///   - method: Such as `GET`.
    ///   - path: With its query.
    ///   - port: Where it goes on this machine.
    ///   - headers: Each as `Name: value`.
    ///   - body: Empty for none.
    ///   - type: The media type of the body.
    ///   - expected: What a right answer holds.
    /// - Throws: ``HeddleError`` with `invalidRequest` when a header holds a line break.
    init(
        _ method: String,
        _ path: String,
        port: UInt16,
        headers: [String],
        body: String = "",
        type: String = "application/json",
        expecting expected: String = ""
    ) throws(HeddleError) {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)"] + headers
        if !body.isEmpty || method != "GET" {
            lines += ["Content-Type: \(type)", "Content-Length: \(body.utf8.count)"]
        }
        guard lines.allSatisfy({ line in !line.utf8.contains { $0 == 0x0A || $0 == 0x0D } }) else {
            throw HeddleError(.invalidRequest, "a header is one line")
        }
        bytes = Array((lines.map { $0 + "\r\n" }.joined() + "\r\n" + body).utf8)
        self.expected = Array(expected.utf8)
    }
}
