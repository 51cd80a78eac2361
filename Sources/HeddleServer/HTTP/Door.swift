import HTTPTypes
import HeddleModel
import Logging
import Synchronization

/// Who may come in, whichever way a request takes through the server; what it asks for may change while it runs.
final class Door: Sendable {
    /// What is asked of a request.
    struct Rules: Sendable {
        let token: AccessToken
        let origins: OriginRules
        /// Whether MCP clients need no token.
        var isOpenForMCP = false
    }

    private let rules: Mutex<Rules>
    /// Changes after each change of the rules.
    private let revision = Atomic<Int>(0)

    init(token: AccessToken, origins: OriginRules, isOpenForMCP: Bool = false) {
        rules = Mutex(Rules(token: token, origins: origins, isOpenForMCP: isOpenForMCP))
    }

    /// Asks something else of all requests from now on; without a token, the same one.
    func replace(token: AccessToken?, origins: OriginRules) {
        rules.withLock { $0 = Rules(token: token ?? $0.token, origins: origins, isOpenForMCP: $0.isOpenForMCP) }
        revision.add(1, ordering: .releasing)
    }

    /// Checks the names the request gives the server, the page it comes from, and its token.
    ///
    /// - Throws: ``HeddleError`` with `originDenied` or `unauthenticated`.
    func admit(_ head: HTTPRequest) throws(HeddleError) {
        try rules.withLock(\.self).admit(head)
    }

    /// The rules for one that asks often, such as a connection: they are fetched only when they changed.
    struct Copy {
        private let door: Door
        private var revision: Int
        private var rules: Rules
        /// The names that were let in last: a connection mostly says the same again.
        private var last: (host: String?, origin: String?)?

        init(_ door: Door) {
            self.door = door
            revision = door.revision.load(ordering: .acquiring)
            rules = door.rules.withLock(\.self)
        }

        /// Whether the door lets a request in that asks for a route with a token, which MCP clients may not need.
        mutating func admits(_ fields: LaneFields, isMCP: Bool) -> Bool {
            if door.revision.load(ordering: .acquiring) != revision { self = Copy(door) }
            guard rules.token.accepts(fields.authorization) || (isMCP && rules.isOpenForMCP) else { return false }
            if let last, last == (fields.host, fields.origin) { return true }
            do throws(HeddleError) {
                try rules.origins.check(host: fields.host, origin: fields.origin)
            } catch {
                return false
            }
            last = (fields.host, fields.origin)
            return true
        }
    }

    /// An error as one of ours.
    static func known(_ error: any Error) -> HeddleError {
        switch error {
        case let error as HeddleError: error
        case is CancellationError: HeddleError(.cancelled, "the caller went away")
        default: HeddleError(.internalError, "", cause: error)
        }
    }

    /// What a request that failed is answered with; the log gets what the caller is not told.
    static func refusal(_ error: any Error, _ requestID: RequestID, _ logger: Logger) -> ErrorAnswer {
        let known = known(error)
        let level: Logger.Level = known.code == .internalError ? .error : .debug
        logger.log(
            level: level,
            "Failed a request",
            metadata: ["request_id": "\(requestID)", "error": "\(error)"]
        )
        return ErrorAnswer(known, requestID: requestID)
    }
}

extension Door.Rules {
    /// Routes that need no token; they tell nothing.
    private static let openPaths: Set<Substring> = ["/healthz", "/readyz"]

    fileprivate func admit(_ head: HTTPRequest) throws(HeddleError) {
        try origins.check(host: head.authority, origin: head.headerFields[.origin])
        guard !token.accepts(head.headerFields[.authorization]), !isOpen(head.path) else { return }
        throw HeddleError(.unauthenticated, "the bearer token is missing or wrong")
    }

    private func isOpen(_ path: String?) -> Bool {
        let path = (path ?? "").prefix { $0 != "?" }
        return Self.openPaths.contains(path) || (isOpenForMCP && (path == "/mcp" || path.hasPrefix("/mcp/extensions/")))
    }
}
