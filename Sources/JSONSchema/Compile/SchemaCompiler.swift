import JSON

/// Turns schemas into the tables of a program.
///
/// Each subschema is compiled once, wherever references to it stand; there is no recursion, so that deep schemas cost
/// no stack.
struct SchemaCompiler {
    var registry: SchemaRegistry
    let limits: SchemaLimits
    var assertsFormat: Bool

    var nodes: [SchemaNode] = []
    var lists: [Int32] = []
    var properties: [SchemaProgram.Property] = []
    var nameBytes: [UInt8] = []
    var names: [String] = []
    var patternProperties: [SchemaProgram.PatternProperty] = []
    var patterns: [Pattern] = []
    var dependents: [SchemaProgram.Dependent] = []
    var dynamicReferences: [SchemaProgram.DynamicReference] = []
    var dynamicAnchors: [Int64: Int32] = [:]
    var numberRules: [NumberRule] = []
    var constants: [JSONView] = []
    var enumerations: [Int32: [Int: [Int32]]] = [:]
    var locations: [SchemaRegistry.Location] = []

    private var known: [SchemaRegistry.Location: Int32] = [:]
    private var pending: [(SchemaRegistry.Location, Int32)] = []
    private var nameNumbers: [ExactText: Int32] = [:]
    private var patternNumbers: [ExactText: Int32] = [:]
    private var dialects: [Int: SchemaDialect] = [:]

    /// Expressions that are tried out; what comes behind them has the bound on each match alone.
    private static let mostAttacks = 32

    /// The schemas `true` and `false` are the first two nodes.
    static let always: Int32 = 0
    static let never: Int32 = 1

    init(registry: SchemaRegistry, assertsFormat: Bool, limits: SchemaLimits) {
        self.registry = registry
        self.assertsFormat = assertsFormat
        self.limits = limits
        var never = SchemaNode()
        never.parts = .never
        nodes = [SchemaNode(), never]
    }

    /// Compiles a schema and all that it refers to; the number of its node.
    ///
    /// - Throws: ``SchemaError``.
    mutating func compile(_ root: SchemaRegistry.Location) throws(SchemaError) -> Int32 {
        locations.append(root)
        let start = try node(root)
        while let (location, number) = pending.popLast() {
            nodes[Int(number)] = try compileNode(location)
        }
        try EndlessReferences(nodes: nodes, lists: lists, dependents: dependents)
            .check { number in registry.describe(locations[Int(nodes[Int(number)].location)]) }
        return start
    }

    /// The node of a schema, which is compiled later when it is a new one.
    mutating func node(_ location: SchemaRegistry.Location) throws(SchemaError) -> Int32 {
        let view = registry.view(location)
        switch view.kind {
        case .bool: return view.bool == true ? Self.always : Self.never
        case .object: break
        case .null, .number, .string, .array:
            throw SchemaError(.invalidKeyword, at: registry.describe(location), "a schema is an object or a bool")
        }
        if let number = known[location] { return number }
        guard nodes.count < limits.nodes else {
            throw SchemaError(.tooLarge, at: "", "the schema has more than \(limits.nodes) subschemas")
        }
        let number = Int32(nodes.count)
        nodes.append(SchemaNode())
        known[location] = number
        pending.append((location, number))
        return number
    }

    mutating func node(_ view: JSONView, in location: SchemaRegistry.Location) throws(SchemaError) -> Int32 {
        try node(SchemaRegistry.Location(document: location.document, index: view.index))
    }

    mutating func dialect(of resource: Int) throws(SchemaError) -> SchemaDialect {
        if let known = dialects[resource] { return known }
        let dialect = try registry.dialect(of: resource)
        dialects[resource] = dialect
        // Each resource that is used may be in the dynamic scope, with all its dynamic anchors.
        for (name, location) in registry.resources[resource].dynamicAnchors {
            let key = SchemaProgram.dynamicKey(number(ofName: name.text), Int32(resource))
            dynamicAnchors[key] = try node(location)
        }
        return dialect
    }

    mutating func number(ofName name: String) -> Int32 {
        let key = ExactText(name)
        if let known = nameNumbers[key] { return known }
        let number = Int32(names.count)
        names.append(name)
        nameNumbers[key] = number
        return number
    }

    mutating func pattern(_ text: String, at location: SchemaRegistry.Location) throws(SchemaError) -> Int32 {
        let key = ExactText(text)
        if let known = patternNumbers[key] { return known }
        guard text.utf8.count <= limits.patternBytes else {
            throw SchemaError(
                .tooLarge,
                at: registry.describe(location),
                "a regular expression is larger than \(limits.patternBytes) bytes"
            )
        }
        guard patterns.count < limits.patterns else {
            throw SchemaError(.tooLarge, at: "", "the schema has more than \(limits.patterns) regular expressions")
        }
        let compiled: Pattern
        do {
            compiled = try Pattern(text, steps: limits.patternSteps)
        } catch {
            throw SchemaError(
                .invalidPattern,
                at: registry.describe(location),
                "the regular expression '\(text.prefix(80))' is not one: \(error.message)"
            )
        }
        if patterns.count < Self.mostAttacks, let attack = PatternAttack.find(compiled) {
            throw SchemaError(
                .costlyPattern,
                at: registry.describe(location),
                "the regular expression '\(text.prefix(80))' takes too long on a text such as '\(attack.prefix(40))'"
            )
        }
        patterns.append(compiled)
        patternNumbers[key] = Int32(patterns.count - 1)
        return Int32(patterns.count - 1)
    }

    mutating func list(_ numbers: [Int32]) -> SchemaNode.Run {
        let run = SchemaNode.Run(start: Int32(lists.count), count: Int32(numbers.count))
        lists += numbers
        return run
    }
}
