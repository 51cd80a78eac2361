/// The one error that leaves Heddle's own modules.
///
/// Callers branch on ``code``, people read ``message``, clients get ``details``, and only logs see ``cause``.
package struct HeddleError: Error, Sendable {
    package let code: Code
    /// One sentence for people that starts in lower case and names neither a path of the host nor a Swift type.
    package let message: String
    /// Facts a client can act on, such as the field or the limit that was hit.
    package let details: [String: String]
    /// The places of a value that break its schema, and how; empty for other errors.
    package let violations: [Violation]
    package let cause: (any Error)?

    /// One way in which a value breaks its schema.
    package struct Violation: Sendable, Hashable, CustomStringConvertible {
        /// A JSON pointer into the value (RFC 6901).
        package let path: String
        /// The keyword of the schema, such as `required`.
        package let keyword: String
        /// What is wrong, in words that follow the place.
        package let message: String

        package init(path: String, keyword: String, message: String) {
            self.path = path
            self.keyword = keyword
            self.message = message
        }

        package var description: String { "\(path.isEmpty ? "the value" : path) \(message)" }
    }

    package init(
        _ code: Code,
        _ message: String,
        details: [String: String] = [:],
        violations: [Violation] = [],
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.violations = violations
        self.cause = cause
    }
}

extension HeddleError: CustomStringConvertible {
    package var description: String {
        guard let cause else { return "\(code.rawValue): \(message)" }
        return "\(code.rawValue): \(message) (cause: \(cause))"
    }
}
