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
        var dynamicAnchors: [String: Location] = [:]
    }

    private(set) var documents: [(name: String, document: JSONDocument)] = []
    private(set) var resources: [Resource] = []
    private var resourcesByURI: [String: Int] = [:]
    private var anchors: [String: Location] = [:]
    private var resourceOfSchema: [Location: Int] = [:]

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
        guard resourcesByURI.updateValue(resource, forKey: uri) == nil else {
            throw SchemaError(.duplicateIdentifier, at: describe(location), "'\(uri)' names two schemas")
        }
    }

    // MARK: Walking

    /// Notes the identifiers and anchors of a schema and of all schemas in it.
    private mutating func index(_ start: Location, in resource: Int, isRoot: Bool) throws(SchemaError) {
        var pending = [(start, resource, isRoot)]
        while let (location, outer, isRoot) = pending.popLast() {
            guard resourceOfSchema[location] == nil else { continue }
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
            resources[resource].dynamicAnchors[name] = location
        }
        return resource
    }

    private static func isDraft7(_ schema: String?) -> Bool {
        schema.flatMap { SchemaDialect.published(URIReference($0).withoutFragment) }?.ignoresReferenceSiblings
            ?? false
    }

    private mutating func anchor(_ name: String, _ location: Location, in resource: Int) throws(SchemaError) {
        let key = resources[resource].uri.withoutFragment + "#" + name
        guard anchors.updateValue(location, forKey: key) == nil else {
            throw SchemaError(.duplicateIdentifier, at: describe(location), "the anchor '\(name)' names two schemas")
        }
    }

    // MARK: Looking up

    /// The resource that a schema belongs to; a place where nobody expected a schema is looked into now.
    mutating func resource(of location: Location) throws(SchemaError) -> Int {
        if let known = resourceOfSchema[location] { return known }
        var current = view(Location(document: location.document, index: 0))
        var resource = resourceOfSchema[Location(document: location.document, index: 0)] ?? 0
        for token in JSONPointer(to: location.index, from: current).tokens {
            guard let next = JSONPointer.child(token, of: current) else { break }
            current = next
            let here = Location(document: location.document, index: current.index)
            resource = resourceOfSchema[here] ?? resource
        }
        try index(location, in: resource, isRoot: false)
        return resourceOfSchema[location] ?? resource
    }

    /// Follows a reference that stands in a resource; nil when it leads nowhere.
    mutating func resolve(_ reference: String, in resource: Int) throws(SchemaError) -> Location? {
        let uri = URIReference(reference).resolved(against: resources[resource].uri)
        let name = uri.withoutFragment
        if resourcesByURI[name] == nil, let published = MetaSchemas.documents[name] {
            _ = try insert(published, as: name, schema: nil)
        }
        guard let target = resourcesByURI[name] else { return nil }
        let root = resources[target].root
        guard let fragment = uri.fragment, !fragment.isEmpty else { return root }
        guard let text = URIReference.decoded(fragment) else { return nil }
        guard text.hasPrefix("/") else { return anchors[name + "#" + text] }
        guard let found = JSONPointer(text)?.find(in: view(root)) else { return nil }
        return Location(document: root.document, index: found.index)
    }

    /// The dialect of a resource.
    ///
    /// - Throws: ``SchemaError`` with `unknownDialect`.
    func dialect(of resource: Int) throws(SchemaError) -> SchemaDialect {
        guard let schema = resources[resource].schema else { return .draft2020 }
        let uri = URIReference(schema).withoutFragment
        if let published = SchemaDialect.published(uri) { return published }
        guard let target = resourcesByURI[uri] else {
            throw SchemaError(
                .unknownDialect,
                at: describe(resources[resource].root),
                "the dialect '\(schema)' is not known"
            )
        }
        let root = view(resources[target].root)
        guard let vocabulary = root["$vocabulary"] else {
            return resources[target].schema == schema ? .draft2020 : try dialect(of: target)
        }
        var dialect = SchemaDialect.draft2020
        dialect.vocabularies = []
        for (name, isRequired) in vocabulary.members {
            if let known = SchemaDialect.vocabulary(name.string ?? "") {
                dialect.vocabularies.formUnion(known)
            } else if isRequired.bool == true {
                throw SchemaError(
                    .unknownDialect,
                    at: describe(resources[resource].root),
                    "the vocabulary '\(name.string ?? "")' is not known"
                )
            }
        }
        return dialect
    }
}
