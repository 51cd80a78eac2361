/// The types of PostgreSQL that arguments and columns may have, by their numbers in its catalogue.
enum PostgresType: Hashable, Sendable {
    case boolean
    case bytea
    case int8
    case int2
    case int4
    case float4
    case float8
    case numeric
    case uuid
    case jsonb
    /// Every type whose binary form is its text.
    case text
    /// A count without a sign: `oid` and `xid8`.
    case unsigned4
    case unsigned8
    case void
    case other(UInt32)

    init(_ number: UInt32) {
        self =
            switch number {
            case 16: .boolean
            case 17: .bytea
            case 20: .int8
            case 21: .int2
            case 23: .int4
            case 700: .float4
            case 701: .float8
            case 1700: .numeric
            case 2950: .uuid
            case 3802: .jsonb
            case 19, 25, 114, 705, 1042, 1043: .text
            case 26: .unsigned4
            case 5069: .unsigned8
            case 2278: .void
            case _: .other(number)
            }
    }

    /// The number that an argument's type is told the server by; 0 leaves it to the statement.
    static func number(for value: StoreValue) -> UInt32 {
        switch value {
        case .null: 0
        case .integer: 20
        case .real: 701
        case .text: 25
        case .blob: 17
        }
    }

    /// Whether an argument of this type can be given the value.
    func takes(_ value: StoreValue) -> Bool {
        switch value {
        case .null: true
        case .integer(let integer):
            switch self {
            case .int8: true
            case .int4: Int32(exactly: integer) != nil
            case .int2: Int16(exactly: integer) != nil
            case _: false
            }
        case .real: self == .float8
        case .text: self == .text
        case .blob: self == .bytea
        }
    }
}
