/// Why a patch is none, or cannot be applied, and which of its operations is to blame.
package struct JSONPatchError: Error, Sendable, Hashable {
    /// The kind of fault.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The patch is not an array of well-formed operations.
        case invalidPatch
        /// A `test` found another value.
        case testFailed
        /// The place that an operation names is not there.
        case notFound
        /// What an operation names in an array is no index.
        case invalidIndex
        /// An index is beyond the end of its array.
        case outOfRange
        /// The patch has more operations than it may.
        case tooManyOperations
        /// The result would be nested deeper than it may.
        case tooDeep
        /// The result, or the work for it, would be larger than it may.
        case tooLarge
    }

    package let kind: Kind
    /// The number of the operation in the patch, from zero; nil when the patch as a whole is at fault.
    package let operation: Int?
    /// What the operation is called, such as `add`, as far as it is known.
    package let name: String?
    /// The operation's path, as far as it is known.
    package let pointer: String?
    /// What is wrong, without the operation.
    package let message: String

    package init(
        _ kind: Kind,
        operation: Int? = nil,
        name: String? = nil,
        pointer: String? = nil,
        _ message: String
    ) {
        self.kind = kind
        self.operation = operation
        // All three may quote what a stranger wrote at any length.
        self.name = name.map(Self.clipped)
        self.pointer = pointer.map(Self.clipped)
        self.message = Self.clipped(message)
    }

    static func clipped(_ text: String) -> String {
        guard text.utf8.count > 400 else { return text }
        return String(text.unicodeScalars.prefix(300)) + "…"
    }
}

extension JSONPatchError: CustomStringConvertible {
    package var description: String {
        guard let operation else { return message }
        let what = [name, pointer.map { $0.isEmpty ? "the document" : $0 }].compactMap(\.self).joined(separator: " ")
        return what.isEmpty
            ? "operation \(operation): \(message)" : "operation \(operation) (\(what)): \(message)"
    }
}

/// Why one operation is refused; the patch adds which.
struct Refusal: Error {
    let kind: JSONPatchError.Kind
    let message: String

    init(_ kind: JSONPatchError.Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
