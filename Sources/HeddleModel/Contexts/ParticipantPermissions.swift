/// What the roles of a participant let it do in its context.
package enum ParticipantPermissions {
    /// The permissions of all roles together, each once and in one order; a role nobody knows gives none.
    package static func of(roles: [String]) -> [String] {
        let granted = Set(roles.flatMap { permissions[$0] ?? [] })
        return order.filter(granted.contains)
    }

    private static let order = ["read", "write", "comment", "approve", "manage"]

    private static let permissions: [String: [String]] = [
        "admin": order,
        "contributor": ["read", "write", "comment"],
        "reviewer": ["read", "comment", "approve"],
        "viewer": ["read"],
    ]
}
