/// The one error that leaves Heddle's own modules.
///
/// Callers branch on ``code``, people read ``message``, clients get ``details``, and only logs see ``cause``.
package struct HeddleError: Error, Sendable {
    package let code: Code
    /// One sentence for people that starts in lower case and names neither a path of the host nor a Swift type.
    package let message: String
    /// Facts a client can act on, such as the field or the limit that was hit.
    package let details: [String: String]
    package let cause: (any Error)?

    package init(
        _ code: Code,
        _ message: String,
        details: [String: String] = [:],
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.details = details
        self.cause = cause
    }
}

extension HeddleError: CustomStringConvertible {
    package var description: String {
        guard let cause else { return "\(code.rawValue): \(message)" }
        return "\(code.rawValue): \(message) (cause: \(cause))"
    }
}
