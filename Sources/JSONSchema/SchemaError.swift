/// Why a schema cannot be compiled, or a value cannot be judged.
package struct SchemaError: Error, Sendable, Hashable {
    /// The kind of fault.
    package enum Reason: String, Sendable, Hashable {
        /// A keyword has a value that it cannot have.
        case invalidKeyword
        /// The schema names a dialect that is not known.
        case unknownDialect
        /// A reference leads to nothing that is registered.
        case unresolvedReference
        /// References lead back to where they began, without going into the value.
        case endlessReference
        /// Two schemas have the same identifier.
        case duplicateIdentifier
        /// A regular expression is malformed or too large.
        case invalidPattern
        /// A regular expression needs more steps than it may take.
        case costlyPattern
        /// The schema is larger, or deeper, or has more references than it may.
        case tooLarge
        /// To judge the value would take more steps than it may.
        case tooCostly
    }

    package let reason: Reason
    /// Where in the schema, as a JSON pointer with its document's identifier before it.
    package let location: String
    package let message: String

    package init(_ reason: Reason, at location: String, _ message: String) {
        self.reason = reason
        // Both may quote what a stranger wrote at any length.
        self.location = Self.clipped(location)
        self.message = Self.clipped(message)
    }

    static func clipped(_ text: String) -> String {
        guard text.utf8.count > 400 else { return text }
        return String(text.unicodeScalars.prefix(300)) + "…"
    }
}

extension SchemaError: CustomStringConvertible {
    package var description: String { location.isEmpty ? message : "\(message), at \(location)" }
}
