import JSON

extension SchemaCompiler {
    /// Reads the keywords of one subschema.
    ///
    /// - Throws: ``SchemaError``.
    mutating func compileNode(_ location: SchemaRegistry.Location) throws(SchemaError) -> SchemaNode {
        let view = registry.view(location)
        let resource = registry.resource(of: location)
        let dialect = try dialect(of: resource)
        var node = SchemaNode()
        node.resource = Int32(resource)
        node.location = Int32(locations.count)
        locations.append(location)
        if let reference = try text("$ref", view, location) {
            node.reference = try self.node(target(reference, resource, location))
            node.parts.insert(.composition)
            if dialect.ignoresReferenceSiblings { return node }
        }
        try compileDynamicReference(view, location, resource, dialect, &node)
        if dialect.vocabularies.contains(.applicator) {
            try compileComposition(view, location, &node)
            try compileArrayApplicators(view, location, dialect, &node)
            try compileObjectApplicators(view, location, dialect, &node)
        }
        if dialect.vocabularies.contains(.unevaluated) { try compileUnevaluated(view, location, &node) }
        if dialect.vocabularies.contains(.validation) {
            try compileKinds(view, location, &node)
            try compileBounds(view, location, dialect, &node)
            try compileNumbers(view, location, &node)
            try compileConstants(view, location, &node)
        }
        try compileProperties(view, location, dialect, &node)
        if let pattern = try text("pattern", view, location), dialect.vocabularies.contains(.validation) {
            node.pattern = try self.pattern(pattern, at: location)
            node.parts.insert(.string)
        }
        if assertsFormat || dialect.vocabularies.contains(.formatAssertion),
            let format = try text("format", view, location).flatMap(StringFormat.init(name:))
        {
            node.format = Int32(format.rawValue)
            node.parts.insert(.string)
        }
        if dialect.vocabularies.contains(.metadata), Self.hasAnnotations(view) { node.parts.insert(.annotations) }
        return node
    }

    private static func hasAnnotations(_ view: JSONView) -> Bool {
        view.members.contains { member in SchemaAnnotation.keywords.contains { member.name.equals($0) } }
    }

    // MARK: References

    private mutating func target(
        _ reference: String,
        _ resource: Int,
        _ location: SchemaRegistry.Location
    ) throws(SchemaError) -> SchemaRegistry.Location {
        try registry.checkLength(reference, at: location)
        guard let target = try registry.resolve(reference, in: resource) else {
            throw SchemaError(
                .unresolvedReference,
                at: registry.describe(location),
                "'\(reference.prefix(200))' leads to no schema that is registered"
            )
        }
        return target
    }

    private mutating func compileDynamicReference(
        _ view: JSONView,
        _ location: SchemaRegistry.Location,
        _ resource: Int,
        _ dialect: SchemaDialect,
        _ node: inout SchemaNode
    ) throws(SchemaError) {
        guard !dialect.ignoresReferenceSiblings else { return }
        let dynamic = try text("$dynamicRef", view, location)
        let recursive = dialect.hasArrayItems ? try text("$recursiveRef", view, location) : nil
        guard let reference = dynamic ?? recursive else { return }
        let target = try target(reference, resource, location)
        let number = try self.node(target)
        node.parts.insert(.composition)
        let name = URIReference(reference).fragment ?? ""
        let isDynamic = dynamic != nil && registry.view(target)["$dynamicAnchor"]?.equals(name) == true
        guard isDynamic else {
            // Beside a `$ref` it is one more schema for the same value.
            if node.reference < 0 { node.reference = number } else { node.allOf = list([number]) }
            return
        }
        node.dynamicReference = Int32(dynamicReferences.count)
        dynamicReferences.append(SchemaProgram.DynamicReference(name: self.number(ofName: name), node: number))
    }

    // MARK: Applicators

    private mutating func compileComposition(
        _ view: JSONView,
        _ location: SchemaRegistry.Location,
        _ node: inout SchemaNode
    ) throws(SchemaError) {
        if let all = try schemas("allOf", view, location) { node.allOf = list(lists[node.allOf.range] + all) }
        if let any = try schemas("anyOf", view, location) { node.anyOf = list(any) }
        if let one = try schemas("oneOf", view, location) { node.oneOf = list(one) }
        node.not = try schema("not", view, location)
        node.condition = try schema("if", view, location)
        if node.condition >= 0 {
            node.then = try schema("then", view, location)
            node.otherwise = try schema("else", view, location)
        }
        if !node.allOf.isEmpty || !node.anyOf.isEmpty || !node.oneOf.isEmpty || node.not >= 0 || node.condition >= 0 {
            node.parts.insert(.composition)
        }
    }

    private mutating func compileArrayApplicators(
        _ view: JSONView,
        _ location: SchemaRegistry.Location,
        _ dialect: SchemaDialect,
        _ node: inout SchemaNode
    ) throws(SchemaError) {
        if dialect.hasArrayItems, let items = view["items"], items.kind == .array {
            node.prefixItems = list(try schemas("items", view, location) ?? [])
            node.items = try schema("additionalItems", view, location)
        } else {
            if !dialect.hasArrayItems, let prefix = try schemas("prefixItems", view, location) {
                node.prefixItems = list(prefix)
            }
            node.items = try schema("items", view, location)
        }
        node.contains = try schema("contains", view, location)
        if !node.prefixItems.isEmpty || node.items >= 0 || node.contains >= 0 { node.parts.insert(.array) }
    }

    private mutating func compileObjectApplicators(
        _ view: JSONView,
        _ location: SchemaRegistry.Location,
        _ dialect: SchemaDialect,
        _ node: inout SchemaNode
    ) throws(SchemaError) {
        if let members = try object("patternProperties", view, location) {
            var entries: [SchemaProgram.PatternProperty] = []
            for (name, value) in members {
                let pattern = try self.pattern(name, at: location)
                entries.append(
                    SchemaProgram.PatternProperty(pattern: pattern, node: try self.node(value, in: location))
                )
            }
            node.patternProperties = SchemaNode.Run(
                start: Int32(patternProperties.count),
                count: Int32(entries.count)
            )
            patternProperties += entries
        }
        node.additionalProperties = try schema("additionalProperties", view, location)
        node.propertyNames = try schema("propertyNames", view, location)
        try compileDependents(view, location, dialect, &node)
        let isNeeded =
            !node.patternProperties.isEmpty || node.additionalProperties >= 0 || node.propertyNames >= 0
            || !node.dependents.isEmpty
        if isNeeded { node.parts.insert(.object) }
    }

    private mutating func compileDependents(
        _ view: JSONView,
        _ location: SchemaRegistry.Location,
        _ dialect: SchemaDialect,
        _ node: inout SchemaNode
    ) throws(SchemaError) {
        var entries: [SchemaProgram.Dependent] = []
        // Gone since 2019-09, and still written.
        let old = try object("dependencies", view, location) ?? []
        let required = dialect.ignoresReferenceSiblings ? [] : try object("dependentRequired", view, location) ?? []
        let schemas = dialect.ignoresReferenceSiblings ? [] : try object("dependentSchemas", view, location) ?? []
        for (name, value) in old + required where value.kind == .array {
            guard dialect.vocabularies.contains(.validation) else { continue }
            let names = try self.names(value, "dependentRequired", location).map { number(ofName: $0) }
            entries.append(.init(name: number(ofName: name), required: list(names), node: -1))
        }
        for (name, value) in old.filter({ $0.value.kind != .array }) + schemas {
            let inner = try self.node(value, in: location)
            entries.append(.init(name: number(ofName: name), required: SchemaNode.Run(), node: inner))
        }
        node.dependents = SchemaNode.Run(start: Int32(dependents.count), count: Int32(entries.count))
        dependents += entries
    }

    private mutating func compileUnevaluated(
        _ view: JSONView,
        _ location: SchemaRegistry.Location,
        _ node: inout SchemaNode
    ) throws(SchemaError) {
        node.unevaluatedProperties = try schema("unevaluatedProperties", view, location)
        node.unevaluatedItems = try schema("unevaluatedItems", view, location)
        if node.unevaluatedProperties >= 0 || node.unevaluatedItems >= 0 { node.parts.insert(.unevaluated) }
    }

    /// `properties` and `required` together, so that one look at a member serves both.
    private mutating func compileProperties(
        _ view: JSONView,
        _ location: SchemaRegistry.Location,
        _ dialect: SchemaDialect,
        _ node: inout SchemaNode
    ) throws(SchemaError) {
        var order: [ExactText] = []
        var entries: [ExactText: (node: Int32, isRequired: Bool)] = [:]
        if dialect.vocabularies.contains(.applicator), let members = try object("properties", view, location) {
            for (text, value) in members {
                let name = ExactText(text)
                order.append(name)
                entries[name] = (try self.node(value, in: location), false)
            }
        }
        if dialect.vocabularies.contains(.validation), let required = view["required"] {
            for text in try names(required, "required", location) {
                let name = ExactText(text)
                if entries[name] == nil { order.append(name) }
                entries[name] = (entries[name]?.node ?? -1, true)
            }
        }
        guard !order.isEmpty else { return }
        node.parts.insert(.object)
        var table: [SchemaProgram.Property] = []
        for name in order {
            guard let entry = entries[name] else { continue }
            let bytes = Array(name.text.utf8)
            let start = nameBytes.count
            nameBytes += bytes
            let key = bytes.withUnsafeBufferPointer { SchemaProgram.key($0, 0, bytes.count) }
            table.append(
                .init(
                    key: key,
                    start: Int32(start),
                    length: Int32(bytes.count),
                    node: entry.node,
                    isRequired: entry.isRequired
                )
            )
            if entry.isRequired { node.requiredCount += 1 }
        }
        // Long tables are searched by halves; short ones keep the order that people wrote.
        if table.count > SchemaProgram.longTable {
            table.sort { one, other in
                guard one.key == other.key else { return one.key < other.key }
                return name(one).lexicographicallyPrecedes(name(other))
            }
        }
        node.properties = SchemaNode.Run(start: Int32(properties.count), count: Int32(table.count))
        properties += table
    }

    private func name(_ property: SchemaProgram.Property) -> ArraySlice<UInt8> {
        nameBytes[Int(property.start)..<Int(property.start + property.length)]
    }

    // MARK: Validation

    private func compileKinds(
        _ view: JSONView,
        _ location: SchemaRegistry.Location,
        _ node: inout SchemaNode
    ) throws(SchemaError) {
        guard let type = view["type"] else { return }
        let names = type.kind == .array ? type.elements.map(\.string) : [type.string]
        var kinds: SchemaNode.Kinds = []
        for name in names {
            switch name {
            case "null": kinds.insert(.null)
            case "boolean": kinds.insert(.bool)
            case "integer": kinds.insert(.integer)
            case "number": kinds.formUnion([.number, .integer])
            case "string": kinds.insert(.string)
            case "array": kinds.insert(.array)
            case "object": kinds.insert(.object)
            default: throw invalid("type", "names kinds of JSON value", location)
            }
        }
        node.kinds = kinds
        node.parts.insert(.kinds)
    }

    private func compileBounds(
        _ view: JSONView,
        _ location: SchemaRegistry.Location,
        _ dialect: SchemaDialect,
        _ node: inout SchemaNode
    ) throws(SchemaError) {
        func bound(_ name: StaticString, _ part: SchemaNode.Parts, _ field: WritableKeyPath<SchemaNode, Int32>)
            throws(SchemaError)
        {
            guard let value = view[name] else { return }
            let number = JSONEquality.decimal(value)
            guard value.kind == .number, number.isInteger, !number.isNegative else {
                throw invalid("\(name)", "is a whole number that is not negative", location)
            }
            node[keyPath: field] = number.digits.count + number.exponent > 9 ? .max : number.small
            node.parts.insert(part)
        }
        try bound("minProperties", .object, \.minProperties)
        try bound("maxProperties", .object, \.maxProperties)
        try bound("minItems", .array, \.minItems)
        try bound("maxItems", .array, \.maxItems)
        if node.contains >= 0, !dialect.ignoresReferenceSiblings {
            try bound("minContains", .array, \.minContains)
            try bound("maxContains", .array, \.maxContains)
        }
        try bound("minLength", .string, \.minLength)
        try bound("maxLength", .string, \.maxLength)
        if let unique = view["uniqueItems"] {
            guard unique.kind == .bool else { throw invalid("uniqueItems", "is true or false", location) }
            if unique.bool == true { node.parts.formUnion([.array, .unique]) }
        }
    }

    private mutating func compileNumbers(
        _ view: JSONView,
        _ location: SchemaRegistry.Location,
        _ node: inout SchemaNode
    ) throws(SchemaError) {
        let rules: [(StaticString, NumberRule.Kind)] = [
            ("minimum", .minimum), ("exclusiveMinimum", .exclusiveMinimum), ("maximum", .maximum),
            ("exclusiveMaximum", .exclusiveMaximum), ("multipleOf", .multipleOf),
        ]
        node.numberRules.start = Int32(numberRules.count)
        for (name, kind) in rules {
            guard let value = view[name] else { continue }
            guard value.kind == .number else { throw invalid("\(name)", "is a number", location) }
            let decimal = JSONEquality.decimal(value)
            if kind == .multipleOf, decimal.digits.isEmpty || decimal.isNegative {
                throw invalid("\(name)", "is a number above zero", location)
            }
            let parsed = value.bytes.withUnsafeBufferPointer { ParsedNumber($0) }
            numberRules.append(NumberRule(kind: kind, number: parsed, decimal: decimal))
            node.numberRules.count += 1
            node.parts.insert(.number)
        }
    }

    private mutating func compileConstants(
        _ view: JSONView,
        _ location: SchemaRegistry.Location,
        _ node: inout SchemaNode
    ) throws(SchemaError) {
        node.constants.start = Int32(constants.count)
        if let values = view["enum"] {
            guard values.kind == .array else { throw invalid("enum", "is an array", location) }
            constants += values.elements
            node.parts.formUnion([.constants, .isEnumeration])
            node.constants.count = Int32(values.count)
            if values.count > SchemaProgram.longTable {
                var table: [Int: [Int32]] = [:]
                for number in node.constants.range {
                    var hasher = Hasher()
                    JSONEquality.hash(constants[number], into: &hasher)
                    table[hasher.finalize(), default: []].append(Int32(number))
                }
                enumerations[node.constants.start] = table
            }
        }
        guard let value = view["const"] else { return }
        if node.parts.contains(.isEnumeration) {
            // Both at once: the constant alone is left, or nothing.
            let isAllowed = constants[node.constants.range].contains { JSONEquality.areEqual($0, value) }
            node.constants = SchemaNode.Run(start: Int32(constants.count), count: isAllowed ? 1 : 0)
            node.parts.remove(.isEnumeration)
        } else {
            node.constants.count = 1
        }
        constants.append(value)
        node.parts.insert(.constants)
    }

    // MARK: Values

    private func invalid(_ keyword: String, _ what: String, _ location: SchemaRegistry.Location) -> SchemaError {
        SchemaError(.invalidKeyword, at: registry.describe(location), "'\(keyword)' \(what)")
    }

    private func text(
        _ keyword: StaticString,
        _ view: JSONView,
        _ location: SchemaRegistry.Location
    ) throws(SchemaError) -> String? {
        guard let value = view[keyword] else { return nil }
        guard let text = value.string else { throw invalid("\(keyword)", "is a string", location) }
        return text
    }

    private mutating func schema(
        _ keyword: StaticString,
        _ view: JSONView,
        _ location: SchemaRegistry.Location
    ) throws(SchemaError) -> Int32 {
        guard let value = view[keyword] else { return -1 }
        return try node(value, in: location)
    }

    private mutating func schemas(
        _ keyword: StaticString,
        _ view: JSONView,
        _ location: SchemaRegistry.Location
    ) throws(SchemaError) -> [Int32]? {
        guard let value = view[keyword] else { return nil }
        guard value.kind == .array else { throw invalid("\(keyword)", "is an array of schemas", location) }
        var result: [Int32] = []
        for element in value.elements { result.append(try node(element, in: location)) }
        return result
    }

    private func object(
        _ keyword: StaticString,
        _ view: JSONView,
        _ location: SchemaRegistry.Location
    ) throws(SchemaError) -> [(name: String, value: JSONView)]? {
        guard let value = view[keyword] else { return nil }
        guard value.kind == .object else { throw invalid("\(keyword)", "is an object", location) }
        return value.members.map { ($0.name.string ?? "", $0.value) }
    }

    private func names(
        _ value: JSONView,
        _ keyword: String,
        _ location: SchemaRegistry.Location
    ) throws(SchemaError) -> [String] {
        guard value.kind == .array else { throw invalid(keyword, "is an array of names", location) }
        var result: [String] = []
        for element in value.elements {
            guard let name = element.string else { throw invalid(keyword, "is an array of names", location) }
            result.append(name)
        }
        return result
    }
}

extension SchemaProgram {
    /// Tables above this length are searched by halves or by hash.
    static let longTable = 16
}
