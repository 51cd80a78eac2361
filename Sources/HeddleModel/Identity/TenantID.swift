/// The name of a tenant: the first part of every key, topic and row.
package struct TenantID: Sendable, Hashable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    /// The only tenant until identities exist.
    package static let local = TenantID(rawValue: "default")

    package var description: String { rawValue }
}
