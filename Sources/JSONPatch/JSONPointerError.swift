/// Why a text is no JSON pointer, and where.
package struct JSONPointerError: Error, Sendable, Hashable {
    /// The rule that the text breaks.
    package enum Reason: String, Sendable, Hashable {
        case noSlash
        case invalidEscape
    }

    package let reason: Reason
    /// Bytes from the start of the text.
    package let offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONPointerError: CustomStringConvertible {
    package var description: String {
        switch reason {
        case .noSlash: "it is not empty and does not begin with a slash"
        case .invalidEscape: "the tilde at byte \(offset) is followed by neither 0 nor 1"
        }
    }
}
