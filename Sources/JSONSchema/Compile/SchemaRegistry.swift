package import JSON

/// The schema documents that references may lead to; nothing is ever fetched.
///
/// The published schemas of schemas are there without being added.
package struct SchemaRegistry: Sendable {
    /// A subschema: a document and the place on its tape.
    struct Location: Sendable, Hashable {
        let document: Int
        let index: Int
    }

    /// A schema with an identifier, and everything in it that has none of its own.
    struct Resource: Sendable {
        let uri: URIReference
        let root: Location
        /// The `$schema` it names, or the one of what it is in.
        let schema: String?
        /// Whether a reference in it stands alone, as in draft 7.
        let ignoresReferenceSiblings: Bool
        /// Its dynamic anchors by name.
        var dynamicAnchors: [ExactText: Location] = [:]
    }

    private(set) var documents: [(name: String, document: JSONDocument)] = []
    private(set) var resources: [Resource] = []
    private var resourcesByURI: [ExactText: Int] = [:]
    private var anchors: [Anchor: Location] = [:]
    private var resourceOfSchema: [Location: Int] = [:]
    /// The members of objects that references lead through, of those that have many.
    private var memberTables: [Location: [ExactText: Int]] = [:]

    /// The name of a place inside of a resource.
    private struct Anchor: Hashable {
        let resource: Int
        let name: ExactText
    }

    private static let longestReference = 2048
    private static let mostResources = 2_000
    private static let mostSchemas = 200_000
    private static let longObject = 16

    package init() {}

    /// Adds a document under an absolute URI; its `$id`, if it has one, is resolved against that.
    ///
    /// `schema` is the dialect of a document that names none, by its address; 2020-12 without one.
    ///
    /// - Throws: ``SchemaError`` with `duplicateIdentifier`.
    package mutating func add(
        _ document: JSONDocument,
        as uri: String,
        schema: String? = nil
    ) throws(SchemaError) {
        _ = try insert(document, as: uri, schema: schema)
    }

    mutating func insert(
        _ document: JSONDocument,
        as uri: String,
        schema: String?
    ) throws(SchemaError) -> Location {
        let base = URIReference(URIReference(uri).withoutFragment)
        documents.append((uri, document))
        let root = Location(document: documents.count - 1, index: 0)
        resources.append(Self.resource(base, root, Self.schema(document.root) ?? schema))
        try name(base.withoutFragment, resources.count - 1, root)
        try index(root, in: resources.count - 1, isRoot: true)
        return root
    }

    private static func resource(_ uri: URIReference, _ root: Location, _ schema: String?) -> Resource {
        Resource(uri: uri, root: root, schema: schema, ignoresReferenceSiblings: isDraft7(schema))
    }

    private static func schema(_ view: JSONView) -> String? { view["$schema"]?.string }

    func view(_ location: Location) -> JSONView {
        JSONView(document: documents[location.document].document, index: location.index)
    }

    /// The text that errors name a place by.
    func describe(_ location: Location) -> String {
        let (name, document) = documents[location.document]
        return name + "#" + JSONPointer(to: location.index, from: document.root).text
    }

    private mutating func name(_ uri: String, _ resource: Int, _ location: Location) throws(SchemaError) {
        guard resourcesByURI.updateValue(resource, forKey: ExactText(uri)) == nil else {
            throw SchemaError(.duplicateIdentifier, at: describe(location), "'\(uri)' names two schemas")
        }
    }

    // MARK: Walking

    /// Notes the identifiers and anchors of a schema and of all schemas in it.
    private mutating func index(_ start: Location, in resource: Int, isRoot: Bool) throws(SchemaError) {
        var pending = [(start, resource, isRoot)]
        while let (location, outer, isRoot) = pending.popLast() {
            guard resourceOfSchema[location] == nil else { continue }
            guard resourceOfSchema.count < Self.mostSchemas, resources.count <= Self.mostResources else {
                throw SchemaError(.tooLarge, at: "", "the schema has too many subschemas or identifiers")
            }
            let view = view(location)
            let resource = view.kind == .object ? try identify(view, location, outer, isRoot: isRoot) : outer
            resourceOfSchema[location] = resource
            for (name, value) in view.members {
                guard let holds = SchemaKeyword.holders[name.string ?? ""] else { continue }
                for inner in Self.schemas(value, holds) {
                    pending.append((Location(document: location.document, index: inner.index), resource, false))
                }
            }
        }
    }

    private static func schemas(_ value: JSONView, _ holds: SchemaKeyword.Holds) -> [JSONView] {
        switch holds {
        case .schema: [value]
        case .schemas: Array(value.elements)
        case .namedSchemas: value.members.map(\.value)
        case .schemaOrSchemas: value.kind == .array ? Array(value.elements) : [value]
        case .dependencies: value.members.map(\.value).filter { $0.kind != .array }
        }
    }

    /// Notes what names a schema has; the resource that it is, or that it is in.
    private mutating func identify(
        _ view: JSONView,
        _ location: Location,
        _ outer: Int,
        isRoot: Bool
    ) throws(SchemaError) -> Int {
        var resource = outer
        let own = Self.schema(view)
        for text in [own, view["$id"]?.string, view["$anchor"]?.string, view["$dynamicAnchor"]?.string] {
            if let text { try checkLength(text, at: location) }
        }
        let schema = own ?? resources[outer].schema
        let isOld = own == nil ? resources[outer].ignoresReferenceSiblings : Self.isDraft7(own)
        if isOld, view["$ref"] != nil { return outer }
        if let id = view["$id"]?.string {
            let reference = URIReference(id)
            let uri = reference.resolved(against: resources[outer].uri)
            if isOld, let fragment = reference.fragment, !fragment.isEmpty {
                try anchor(fragment, location, in: outer)
            }
            if !reference.withoutFragment.isEmpty,
                uri.withoutFragment != resources[outer].uri.withoutFragment || !isRoot
            {
                resources.append(Self.resource(URIReference(uri.withoutFragment), location, schema))
                resource = resources.count - 1
                try name(uri.withoutFragment, resource, location)
            }
        }
        guard !isOld else { return resource }
        if let name = view["$anchor"]?.string { try anchor(name, location, in: resource) }
        if let name = view["$dynamicAnchor"]?.string {
            try anchor(name, location, in: resource)
            resources[resource].dynamicAnchors[ExactText(name)] = location
        }
        return resource
    }

    private static func isDraft7(_ schema: String?) -> Bool {
        schema.flatMap { SchemaDialect.published(URIReference($0).withoutFragment) }?.ignoresReferenceSiblings
            ?? false
    }

    private mutating func anchor(_ name: String, _ location: Location, in resource: Int) throws(SchemaError) {
        let key = Anchor(resource: resource, name: ExactText(name))
        guard anchors.updateValue(location, forKey: key) == nil else {
            throw SchemaError(.duplicateIdentifier, at: describe(location), "the anchor '\(name)' names two schemas")
        }
    }

    // MARK: Looking up

    /// The resource that a schema belongs to, which was indexed with its document or when a reference led to it.
    func resource(of location: Location) -> Int {
        resourceOfSchema[location] ?? 0
    }

    /// Follows a reference that stands in a resource; nil when it leads nowhere.
    mutating func resolve(_ reference: String, in resource: Int) throws(SchemaError) -> Location? {
        let uri = URIReference(reference).resolved(against: resources[resource].uri)
        let name = uri.withoutFragment
        if resourcesByURI[ExactText(name)] == nil, let published = MetaSchemas.documents[name] {
            _ = try insert(published, as: name, schema: nil)
        }
        guard let target = resourcesByURI[ExactText(name)] else { return nil }
        let root = resources[target].root
        guard let fragment = uri.fragment, !fragment.isEmpty else { return root }
        guard let text = URIReference.decoded(fragment) else { return nil }
        guard text.hasPrefix("/") else { return anchors[Anchor(resource: target, name: ExactText(text))] }
        return try JSONPointer(text).flatMap { pointer throws(SchemaError) in try find(pointer, from: root) }
    }

    /// Goes a way through a document; what is found where nobody expected a schema belongs to what it is in.
    private mutating func find(_ pointer: JSONPointer, from root: Location) throws(SchemaError) -> Location? {
        var (current, resource) = (root, resourceOfSchema[root] ?? 0)
        for token in pointer.tokens {
            guard let index = child(ExactText(token), of: current) else { return nil }
            current = Location(document: root.document, index: index)
            resource = resourceOfSchema[current] ?? resource
        }
        if resourceOfSchema[current] == nil { try index(current, in: resource, isRoot: false) }
        return current
    }

    private mutating func child(_ token: ExactText, of location: Location) -> Int? {
        let view = view(location)
        guard view.count > Self.longObject else { return JSONPointer.child(token.text, of: view)?.index }
        if let table = memberTables[location] { return table[token] }
        let names = view.kind == .array ? (0..<view.count).map(String.init) : view.members.map { $0.name.string ?? "" }
        let values = view.kind == .array ? view.elements.map(\.index) : view.members.map(\.value.index)
        let table = Dictionary(zip(names.map(ExactText.init), values)) { first, _ in first }
        memberTables[location] = table
        return table[token]
    }

    /// Refuses identifiers and references of a length that nobody needs.
    ///
    /// - Throws: ``SchemaError`` with `tooLarge`.
    func checkLength(_ reference: String, at location: Location) throws(SchemaError) {
        guard reference.utf8.count > Self.longestReference else { return }
        throw SchemaError(
            .tooLarge,
            at: describe(location),
            "an identifier or reference is longer than \(Self.longestReference) bytes"
        )
    }

    /// The dialect of a resource.
    ///
    /// - Throws: ``SchemaError`` with `unknownDialect`.
    func dialect(of resource: Int) throws(SchemaError) -> SchemaDialect {
        var (current, seen) = (resource, Set<Int>())
        while true {
            guard let schema = resources[current].schema else { return .draft2020 }
            let uri = URIReference(schema).withoutFragment
            if let published = SchemaDialect.published(uri) { return published }
            // A schema of schemas without vocabularies is written in a dialect itself, which may lead back here.
            guard let target = resourcesByURI[ExactText(uri)], seen.insert(target).inserted else {
                throw unknownDialect(resource, "the dialect '\(schema)' is not known")
            }
            if let vocabulary = view(resources[target].root)["$vocabulary"] {
                return try dialect(vocabulary, of: resource)
            }
            if resources[target].schema == schema { return .draft2020 }
            current = target
        }
    }

    private func unknownDialect(_ resource: Int, _ message: String) -> SchemaError {
        SchemaError(.unknownDialect, at: describe(resources[resource].root), message)
    }

    private func dialect(_ vocabulary: JSONView, of resource: Int) throws(SchemaError) -> SchemaDialect {
        var dialect = SchemaDialect.draft2020
        dialect.vocabularies = []
        for (name, isRequired) in vocabulary.members {
            if let known = SchemaDialect.vocabulary(name.string ?? "") {
                dialect.vocabularies.formUnion(known)
            } else if isRequired.bool == true {
                throw unknownDialect(resource, "the vocabulary '\(name.string ?? "")' is not known")
            }
        }
        return dialect
    }
}
