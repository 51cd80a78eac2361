/// What the values of an indexed field are.
package enum FieldKind: String, Sendable, Hashable, CaseIterable {
    /// Text that is compared as a whole, or an array of such.
    case keyword
    /// Whole numbers, which can be asked for by range.
    case integer
    case bool
    /// Text that can be asked for by its beginning, such as paths.
    case prefix

    static var allNames: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

/// A value that a field can have.
package enum FieldValue: Sendable, Hashable, Comparable {
    case text(String)
    case integer(Int)
    case bool(Bool)

    /// Orders within a kind; between kinds the order means nothing but is always the same.
    package static func < (left: FieldValue, right: FieldValue) -> Bool {
        switch (left, right) {
        case (.text(let a), .text(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.integer(let a), .integer(let b)): a < b
        case (.bool(let a), .bool(let b)): !a && b
        case (.bool, _), (.integer, .text): true
        case (.text, _), (.integer, .bool): false
        }
    }
}
