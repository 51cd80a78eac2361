/// One compiled subschema: numbers that lead into the tables of a ``SchemaProgram``; `-1` is for none.
///
/// Nothing in it is counted by reference, so that going through nodes costs no more than reading them.
struct SchemaNode: Sendable {
    /// A run of a table.
    struct Run: Sendable {
        var start: Int32 = 0
        var count: Int32 = 0

        var isEmpty: Bool { count == 0 }
        var range: Range<Int> { Int(start)..<Int(start + count) }
    }

    /// The kinds of value, with whole numbers as one of their own.
    struct Kinds: OptionSet, Sendable {
        let rawValue: UInt8

        static let null = Kinds(rawValue: 1)
        static let bool = Kinds(rawValue: 2)
        static let integer = Kinds(rawValue: 4)
        static let number = Kinds(rawValue: 8)
        static let string = Kinds(rawValue: 16)
        static let array = Kinds(rawValue: 32)
        static let object = Kinds(rawValue: 64)
        static let all = Kinds(rawValue: 127)
    }

    /// What a schema has at all, to pass over what it has not.
    struct Parts: OptionSet, Sendable {
        let rawValue: UInt16

        /// The schema `true`, or one that says nothing.
        static let nothing = Parts([])
        /// The schema `false`.
        static let never = Parts(rawValue: 1)
        static let constants = Parts(rawValue: 2)
        static let object = Parts(rawValue: 4)
        static let array = Parts(rawValue: 8)
        static let string = Parts(rawValue: 16)
        static let number = Parts(rawValue: 32)
        static let composition = Parts(rawValue: 64)
        static let unevaluated = Parts(rawValue: 128)
        static let kinds = Parts(rawValue: 256)
        static let annotations = Parts(rawValue: 512)
        static let unique = Parts(rawValue: 1024)
        static let isEnumeration = Parts(rawValue: 2048)
    }

    var parts = Parts.nothing
    var kinds = Kinds.all
    var resource: Int32 = 0
    /// Into the program's locations.
    var location: Int32 = 0

    // In place.
    var reference: Int32 = -1
    var dynamicReference: Int32 = -1
    var allOf = Run()
    var anyOf = Run()
    var oneOf = Run()
    var not: Int32 = -1
    var condition: Int32 = -1
    var then: Int32 = -1
    var otherwise: Int32 = -1
    var constants = Run()

    // Objects.
    var properties = Run()
    var requiredCount: Int32 = 0
    var patternProperties = Run()
    var additionalProperties: Int32 = -1
    var propertyNames: Int32 = -1
    var minProperties: Int32 = 0
    var maxProperties: Int32 = .max
    var dependents = Run()
    var unevaluatedProperties: Int32 = -1

    // Arrays.
    var prefixItems = Run()
    var items: Int32 = -1
    var contains: Int32 = -1
    var minContains: Int32 = 1
    var maxContains: Int32 = .max
    var minItems: Int32 = 0
    var maxItems: Int32 = .max
    var unevaluatedItems: Int32 = -1

    // Strings.
    var minLength: Int32 = 0
    var maxLength: Int32 = .max
    var pattern: Int32 = -1
    var format: Int32 = -1

    // Numbers.
    var numberRules = Run()
}
