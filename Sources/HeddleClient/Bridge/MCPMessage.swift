package import JSON

/// One JSON-RPC message that a client wrote, with what its way over HTTP depends on.
package struct MCPMessage: Sendable {
    /// What JSON-RPC makes of it.
    package enum Kind: Sendable, Hashable {
        /// It waits for an answer; the id stands as it was written.
        case request(id: String)
        case notification
        /// It answers a request of the server.
        case response
    }

    package let kind: Kind
    package let method: String?
    /// The message without line breaks.
    package let bytes: [UInt8]
    /// The revision that a modern message names in its metadata; nil for a legacy one.
    package let modernVersion: String?
    /// The tool, prompt, resource or task that the message is about.
    package let target: String?
    /// The request that `notifications/cancelled` is about, as it was written.
    package let cancelledID: String?

    /// Reads one line.
    ///
    /// - Throws: ``JSONError`` when it is not JSON.
    /// - Returns: nil when it is JSON and no message, such as a batch.
    package init?(_ line: [UInt8]) throws(JSONError) {
        let document = try JSONDocument(line)
        let root = document.root
        guard root.kind == .object else { return nil }
        let method = root["method"]?.string
        let id = root["id"].map { String(decoding: $0.bytes, as: UTF8.self) }
        switch (method, id) {
        case (.some, let id?): kind = .request(id: id)
        case (.some, nil): kind = .notification
        case (nil, .some): kind = .response
        case (nil, nil): return nil
        }
        self.method = method
        bytes = Self.compact(document)
        let parameters = root["params"]
        modernVersion = parameters?["_meta"]?["io.modelcontextprotocol/protocolVersion"]?.string
        target =
            switch method {
            case "tools/call", "prompts/get": parameters?["name"]?.string
            case "resources/read": parameters?["uri"]?.string
            case "tasks/get", "tasks/update", "tasks/cancel": parameters?["taskId"]?.string
            default: nil
            }
        cancelledID =
            method == "notifications/cancelled"
            ? parameters?["requestId"].map { String(decoding: $0.bytes, as: UTF8.self) } : nil
    }

    /// The id, when the message waits for an answer.
    package var requestID: String? {
        guard case .request(let id) = kind else { return nil }
        return id
    }

    /// A document on one line.
    static func compact(_ document: JSONDocument) -> [UInt8] {
        var writer = JSONWriter(capacity: document.bytes.count)
        writer.raw(document.root)
        return writer.bytes
    }

    /// What a server sent, on one line; nil when it is not JSON.
    static func line(_ bytes: [UInt8]) -> [UInt8]? {
        (try? JSONDocument(bytes)).map(compact)
    }

    /// An error answer on one line.
    package static func failure(id: String?, code: Int, _ message: String, data: JSONValue? = nil) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("id")
        writer.raw(Array((id ?? "null").utf8)[...])
        writer.name("error")
        writer.beginObject()
        writer.name("code")
        writer.integer(code)
        writer.name("message")
        writer.string(message)
        if let data {
            writer.name("data")
            writer.value(data)
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    /// The error of an answer that names no request, on one line and with the request's id; nil when it is none.
    static func failure(id: String, like answer: [UInt8]) -> [UInt8]? {
        guard let root = (try? JSONDocument(answer))?.root, root["jsonrpc"] != nil, let error = root["error"] else {
            return nil
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("id")
        writer.raw(Array(id.utf8)[...])
        writer.name("error")
        writer.raw(error)
        writer.endObject()
        return writer.bytes
    }
}
