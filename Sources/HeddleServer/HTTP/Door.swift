import HTTPTypes
import HeddleModel
import Logging

/// Who may come in, whichever way a request takes through the server.
struct Door: Sendable {
    let token: AccessToken
    let origins: OriginRules

    /// Routes that need no token; they tell nothing.
    private static let openPaths: Set<Substring> = ["/healthz", "/readyz"]

    /// Checks the names the request gives the server, the page it comes from, and its token.
    ///
    /// - Throws: ``HeddleError`` with `originDenied` or `unauthenticated`.
    func admit(_ head: HTTPRequest) throws(HeddleError) {
        try origins.check(host: head.authority, origin: head.headerFields[.origin])
        guard !token.accepts(head.headerFields[.authorization]), !Self.isOpen(head.path) else { return }
        throw HeddleError(.unauthenticated, "the bearer token is missing or wrong")
    }

    private static func isOpen(_ path: String?) -> Bool {
        openPaths.contains((path ?? "").prefix { $0 != "?" })
    }

    /// What a request that failed is answered with; the log gets what the caller is not told.
    static func refusal(_ error: any Error, _ requestID: RequestID, _ logger: Logger) -> ErrorAnswer {
        let known: HeddleError
        switch error {
        case let error as HeddleError: known = error
        case is CancellationError: known = HeddleError(.cancelled, "the caller went away")
        default: known = HeddleError(.internalError, "", cause: error)
        }
        let level: Logger.Level = known.code == .internalError ? .error : .debug
        logger.log(
            level: level,
            "Failed a request",
            metadata: ["request_id": "\(requestID)", "error": "\(error)"]
        )
        return ErrorAnswer(known, requestID: requestID)
    }
}
