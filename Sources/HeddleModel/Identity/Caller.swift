/// On whose behalf something is done, from where, and until when.
///
/// It carries no resolved permissions: sockets and runs live longer than those.
package struct Caller: Sendable {
    /// The door through which a request came.
    package enum Origin: String, Sendable {
        case commandLine
        case rest
        case mcp
        case system
    }

    package let tenant: TenantID
    /// Who asks, such as `local` or `system`.
    package let principal: String
    /// What the credential allows at most.
    package let scopes: Set<String>
    package let origin: Origin
    /// When the answer is of no more use.
    package var deadline: ContinuousClock.Instant?
    package let requestID: RequestID

    package init(
        tenant: TenantID,
        principal: String,
        scopes: Set<String>,
        origin: Origin,
        deadline: ContinuousClock.Instant? = nil,
        requestID: RequestID = RequestID()
    ) {
        self.tenant = tenant
        self.principal = principal
        self.scopes = scopes
        self.origin = origin
        self.deadline = deadline
        self.requestID = requestID
    }

    /// The person who holds the server's own token.
    package static func local(origin: Origin, requestID: RequestID = RequestID()) -> Caller {
        Caller(tenant: .local, principal: "local", scopes: ["*"], origin: origin, requestID: requestID)
    }

    /// The server itself, working for a tenant.
    package static func system(_ tenant: TenantID) -> Caller {
        Caller(tenant: tenant, principal: "system", scopes: ["*"], origin: .system)
    }
}
