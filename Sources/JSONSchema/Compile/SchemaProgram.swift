import JSON

/// The tables of a compiled schema; never changed after it was made.
final class SchemaProgram: Sendable {
    /// A name of a member that a schema speaks of.
    struct Property: Sendable {
        /// The length and the first bytes, compared before anything else.
        let key: UInt64
        /// In the table of names.
        let start: Int32
        let length: Int32
        /// The schema of its value; -1 when it is only required.
        var node: Int32
        var isRequired: Bool
    }

    struct PatternProperty: Sendable {
        let pattern: Int32
        let node: Int32
    }

    /// What the presence of a member asks for.
    struct Dependent: Sendable {
        /// Into the list of names.
        let name: Int32
        /// Into the list of names, in the table of lists.
        let required: SchemaNode.Run
        /// -1 for none.
        let node: Int32
    }

    struct DynamicReference: Sendable {
        let name: Int32
        /// What it leads to when no outer schema has the anchor.
        let node: Int32
    }

    let tables: SchemaTables
    let names: [String]
    let patternProperties: [PatternProperty]
    let patterns: [Pattern]
    let dependents: [Dependent]
    let dynamicReferences: [DynamicReference]
    /// By the number of the anchor's name and of the resource.
    let dynamicAnchors: [Int64: Int32]
    let numberRules: [NumberRule]
    let constants: [JSONView]
    /// For long enumerations, by their first constant: the constants by hash.
    let enumerations: [Int32: [Int: [Int32]]]
    let locations: [SchemaRegistry.Location]
    private let documents: [JSONDocument]
    let hasDynamicScope: Bool
    let limits: SchemaLimits

    init(_ compiler: SchemaCompiler) {
        tables = SchemaTables(compiler)
        names = compiler.names
        patternProperties = compiler.patternProperties
        patterns = compiler.patterns
        dependents = compiler.dependents
        dynamicReferences = compiler.dynamicReferences
        dynamicAnchors = compiler.dynamicAnchors
        numberRules = compiler.numberRules
        constants = compiler.constants
        enumerations = compiler.enumerations
        locations = compiler.locations
        documents = compiler.registry.documents.map(\.document)
        hasDynamicScope = !compiler.dynamicReferences.isEmpty
        limits = compiler.limits
    }

    deinit { tables.deallocate() }

    /// The subschema that a node was made from.
    func source(of node: SchemaNode) -> JSONView {
        let location = locations[Int(node.location)]
        return JSONView(document: documents[location.document], index: location.index)
    }

    static func dynamicKey(_ name: Int32, _ resource: Int32) -> Int64 { Int64(name) << 32 | Int64(resource) }

    /// The first seven bytes of a name with its length, which tells most names apart.
    @inline(__always)
    static func key(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ length: Int) -> UInt64 {
        var word: UInt64 = 0
        if start &+ 8 <= bytes.count {
            word =
                UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped + start)
                .loadUnaligned(as: UInt64.self).littleEndian
            let used = min(length, 7)
            word &= (1 << UInt64(used &* 8)) &- 1
        } else {
            for offset in 0..<min(length, 7) { word |= UInt64(bytes[start &+ offset]) << UInt64(offset &* 8) }
        }
        return word | UInt64(min(length, 255)) << 56
    }
}

/// A comparison that a number has to stand.
struct NumberRule: Sendable {
    enum Kind: UInt8, Sendable {
        case minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf
    }

    let kind: Kind
    let number: ParsedNumber
    let decimal: DecimalNumber
}

/// A number in the quickest form that is exact for it.
enum ParsedNumber: Sendable {
    case integer(Int64)
    /// At most 15 digits, so that the nearest doubles of two such numbers compare as the numbers do.
    case double(Double)
    case decimal
}
