package import JSON

/// One JSON-RPC 2.0 message, told apart by its members.
package enum MCPMessage: Sendable {
    /// A call that wants an answer; the id is kept as it was sent.
    case request(id: JSONView, method: String, params: JSONView?)
    case notification(method: String, params: JSONView?)
    case result(id: JSONView, result: JSONView)
    case failure(id: JSONView?, error: MCPFailure)

    /// Tells a message apart; nil when it is none.
    package init?(_ view: JSONView) {
        guard view.kind == .object, let version = view["jsonrpc"], version.equals("2.0") else { return nil }
        let id = view["id"]
        if let id, !(id.kind == .string || id.kind == .number || id.isNull) { return nil }
        if let method = view["method"] {
            guard let name = method.string else { return nil }
            let params = view["params"]
            if let params, params.kind != .object { return nil }
            if let id {
                guard !id.isNull, id.kind == .string || id.integer != nil else { return nil }
                self = .request(id: id, method: name, params: params)
            } else {
                self = .notification(method: name, params: params)
            }
        } else if let result = view["result"] {
            guard let id, result.kind == .object, view["error"] == nil else { return nil }
            self = .result(id: id, result: result)
        } else if let error = view["error"] {
            guard let failure = MCPFailure(error) else { return nil }
            self = .failure(id: id, error: failure)
        } else {
            return nil
        }
    }
}

/// A JSON-RPC error object.
package struct MCPFailure: Error, Sendable {
    package let code: Int
    package let message: String
    package let data: JSONView?

    package init(code: Int, message: String, data: JSONView? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    init?(_ view: JSONView) {
        guard let code = view["code"]?.integer else { return nil }
        self.init(code: code, message: view["message"]?.string ?? "", data: view["data"])
    }
}

/// How an extension answered a call.
package enum MCPOutcome: Sendable {
    /// The `result` member, in the bytes the extension sent.
    case result(JSONView)
    /// The `error` member.
    case failure(MCPFailure)
}
