package import JSON

/// What the bridge has to remember between messages so that each gets the headers HTTP wants.
///
/// Legacy clients have a session that starts with `initialize`; modern messages carry everything themselves.
package struct MCPSession: Sendable {
    /// A header's name and value.
    package struct Header: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The id of the legacy session.
    package private(set) var id: String?
    /// The revision that `initialize` agreed on.
    package private(set) var negotiatedVersion: String?
    /// The `initialize` request, to be said again when the server has forgotten the session.
    package private(set) var greeting: MCPMessage?
    private var lastModernVersion: String?

    package init() {}

    /// Notes a message that is about to be sent.
    package mutating func note(sending message: MCPMessage) {
        if let version = message.modernVersion { lastModernVersion = version }
        guard message.method == "initialize" else { return }
        self = MCPSession()
        greeting = message
    }

    /// Notes the answer to `initialize` and the session that came with it.
    package mutating func note(greeted answer: JSONView, sessionID: String?) {
        guard let version = answer["result"]?["protocolVersion"]?.string else { return }
        negotiatedVersion = version
        id = sessionID
    }

    /// The headers of a message beside those of every request.
    package func headers(for message: MCPMessage) -> [Header] {
        if message.method == "initialize" { return [] }
        if let version = message.modernVersion ?? (negotiatedVersion == nil ? lastModernVersion : nil) {
            // Over pipes nobody repeats parameters in headers.
            var headers = [
                Header("MCP-Protocol-Version", HeaderText.encode(version)), Header("Mcp-Heddle-Transport", "stdio"),
            ]
            if let method = message.method { headers.append(Header("Mcp-Method", HeaderText.encode(method))) }
            if let target = message.target { headers.append(Header("Mcp-Name", HeaderText.encode(target))) }
            return headers
        }
        return sessionHeaders
    }

    /// The headers that tell which legacy session is meant.
    package var sessionHeaders: [Header] {
        var headers: [Header] = []
        if let id { headers.append(Header("Mcp-Session-Id", HeaderText.encode(id))) }
        if let negotiatedVersion {
            headers.append(Header("MCP-Protocol-Version", HeaderText.encode(negotiatedVersion)))
        }
        return headers
    }
}
