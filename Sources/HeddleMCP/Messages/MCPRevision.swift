/// A published revision of the Model Context Protocol that Heddle speaks.
package enum MCPRevision: String, Sendable, CaseIterable, Comparable {
    case november2024 = "2024-11-05"
    case march2025 = "2025-03-26"
    case june2025 = "2025-06-18"
    case november2025 = "2025-11-25"
    case july2026 = "2026-07-28"

    /// The newest revision that starts with `initialize`.
    package static let latestLegacy = MCPRevision.november2025
    /// The newest revision of all.
    package static let latest = MCPRevision.july2026

    package var era: MCPEra { self >= .july2026 ? .modern : .legacy }

    package static func < (left: MCPRevision, right: MCPRevision) -> Bool { left.rawValue < right.rawValue }
}

/// The two ways in which a conversation begins.
package enum MCPEra: String, Sendable {
    /// With `initialize`; the connection has state.
    case legacy
    /// With nothing; every request carries its own metadata.
    case modern
}
