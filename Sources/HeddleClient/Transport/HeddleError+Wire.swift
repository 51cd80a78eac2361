package import HeddleModel
package import JSON

extension HeddleError {
    /// Reads `{"code","message","details","request_id"}`.
    ///
    /// A code that this release does not know becomes `internalError` with the message kept, since a newer server may
    /// have newer codes.
    package init(wire error: JSONValue) {
        let name = error["code"]?.string ?? ""
        let code = Code(rawValue: name)
        var details: [String: String] = [:]
        for member in error["details"]?.object?.members ?? [] where member.name != "violations" {
            details[member.name] = member.value.string ?? member.value.text
        }
        if let id = error["request_id"]?.string { details["request_id"] = id }
        if code == nil, !name.isEmpty { details["code"] = name }
        self.init(
            code ?? .internalError,
            error["message"]?.string ?? "the server gave no reason",
            details: details,
            violations: (error["details"]?["violations"]?.array ?? [])
                .map { violation in
                    Violation(
                        path: violation["path"]?.string ?? "",
                        keyword: violation["keyword"]?.string ?? "",
                        message: violation["message"]?.string ?? ""
                    )
                }
        )
    }

    /// Reads the body of an answer whose status is an error.
    ///
    /// A body that is not Heddle's, such as a proxy's page, is told by its status alone.
    package init(status: Int, body: [UInt8]) {
        if let value = try? JSONValue(parsing: body), let error = value["error"], error.object != nil,
            error["message"]?.string != nil
        {
            self.init(wire: error)
            return
        }
        let code: Code =
            switch status {
            case 401: .unauthenticated
            case 403: .permissionDenied
            case 404: .routeNotFound
            case 405: .methodNotAllowed
            case 413: .bodyTooLarge
            case 429: .tooManyRequests
            case 408, 504: .deadlineExceeded
            default: .internalError
            }
        self.init(code, "the server answered with HTTP status \(status)", details: ["status": String(status)])
    }
}
