/// A value that goes into a statement or comes out of a row.
///
/// Booleans are the integers 0 and 1, and times are what the repository makes of them.
package enum StoreValue: Sendable, Hashable {
    case null
    case integer(Int64)
    /// A finite number or an infinity; not-a-number is refused, because SQLite would store null for it.
    case real(Double)
    /// Text without U+0000, which PostgreSQL cannot store.
    case text(String)
    case blob([UInt8])
}

extension StoreValue {
    /// Text, or null for nil.
    package init(_ text: String?) {
        self = text.map(StoreValue.text) ?? .null
    }

    /// An integer, or null for nil.
    package init<Integer: FixedWidthInteger & SignedInteger>(_ integer: Integer?) {
        self = integer.map { .integer(Int64($0)) } ?? .null
    }

    /// A real number, or null for nil.
    package init(_ real: Double?) {
        self = real.map(StoreValue.real) ?? .null
    }

    /// Bytes, or null for nil.
    package init(_ blob: [UInt8]?) {
        self = blob.map(StoreValue.blob) ?? .null
    }

    /// The integer 1 for true and 0 for false, or null for nil.
    package init(_ flag: Bool?) {
        self = flag.map { .integer($0 ? 1 : 0) } ?? .null
    }
}

extension StoreValue: ExpressibleByNilLiteral {
    /// Null.
    package init(nilLiteral: ()) {
        self = .null
    }
}

extension StoreValue: ExpressibleByIntegerLiteral {
    /// An integer.
    package init(integerLiteral value: Int64) {
        self = .integer(value)
    }
}

extension StoreValue: ExpressibleByFloatLiteral {
    /// A real number.
    package init(floatLiteral value: Double) {
        self = .real(value)
    }
}

extension StoreValue: ExpressibleByStringLiteral {
    /// Text.
    package init(stringLiteral value: String) {
        self = .text(value)
    }
}

extension StoreValue: ExpressibleByBooleanLiteral {
    /// The integer 1 for true and 0 for false.
    package init(booleanLiteral value: Bool) {
        self = .integer(value ? 1 : 0)
    }
}
