package import HeddleModel
package import JSON

/// Which points a search may find, by their payloads.
package indirect enum VectorFilter: Sendable, Hashable {
    /// The most conditions of one filter.
    package static let maximumConditions = 1_000
    /// The deepest that filters may be nested.
    package static let maximumDepth = 16

    case all([VectorFilter])
    case any([VectorFilter])
    case not(VectorFilter)
    case equals(String, FieldValue)
    case oneOf(String, [FieldValue])
    /// From the first number to the second, with both; nothing is no bound.
    case range(String, Int?, Int?)
    case prefix(String, String)
    case exists(String)
    case hasID([String])

    /// Reads a filter.
    ///
    /// - Parameter json: `{"all": […]}`, `{"any": […]}`, `{"not": …}`, `{"ids": […]}`, or a condition: a `field` with
    ///   `equals`, `one_of`, `from` and `to`, `prefix` or `exists`.
    /// - Throws: ``HeddleError`` with `.invalidRequest` when it is something else.
    package init(json: JSONValue) throws(HeddleError) {
        var left = Self.maximumConditions
        try self.init(json, depth: 0, &left)
    }

    private init(_ json: JSONValue, depth: Int, _ left: inout Int) throws(HeddleError) {
        left -= 1
        guard depth < Self.maximumDepth, left >= 0 else {
            throw HeddleError(
                .invalidRequest,
                "a filter has at most \(Self.maximumConditions) conditions and \(Self.maximumDepth) levels",
                details: ["field": "filter", "limit": String(Self.maximumConditions)]
            )
        }
        guard let members = json.object?.members else { throw Self.wrong("is no object") }
        if let path = json["field"]?.string {
            self = try Self.condition(path, members.filter { $0.name != "field" }, &left)
            return
        }
        guard members.count == 1, let member = members.first else { throw Self.wrong("has not exactly one member") }
        switch member.name {
        case "all": self = .all(try Self.list(member.value, depth, &left))
        case "any": self = .any(try Self.list(member.value, depth, &left))
        case "not": self = .not(try VectorFilter(member.value, depth: depth + 1, &left))
        case "ids":
            guard let ids = member.value.array, ids.count <= Self.maximumConditions else {
                throw Self.wrong("has ids that are no array of at most \(Self.maximumConditions)")
            }
            let texts = ids.compactMap(\.string)
            guard texts.count == ids.count else { throw Self.wrong("has an id that is no text") }
            self = .hasID(texts)
        default:
            throw Self.wrong("has an unknown member \(member.name)")
        }
    }

    private static func list(_ json: JSONValue, _ depth: Int, _ left: inout Int) throws(HeddleError) -> [VectorFilter] {
        guard let elements = json.array else { throw wrong("has no array where one belongs") }
        var filters: [VectorFilter] = []
        for element in elements { filters.append(try VectorFilter(element, depth: depth + 1, &left)) }
        return filters
    }

    private static func condition(
        _ path: String,
        _ members: [JSONObject.Member],
        _ left: inout Int
    ) throws(HeddleError) -> VectorFilter {
        let names = Set(members.map(\.name))
        func value(_ name: String) -> JSONValue? { members.first { $0.name == name }?.value }
        if names == ["equals"], let value = value("equals").flatMap(FieldValue.init) { return .equals(path, value) }
        if names == ["one_of"], let elements = value("one_of")?.array {
            let values = elements.compactMap(FieldValue.init)
            left -= values.count
            guard values.count == elements.count, left >= 0 else { throw wrong("has a value that cannot be compared") }
            return .oneOf(path, values)
        }
        if names == ["prefix"], let text = value("prefix")?.string { return .prefix(path, text) }
        if names == ["exists"], let flag = value("exists")?.bool { return flag ? .exists(path) : .not(.exists(path)) }
        if !names.isEmpty, names.isSubset(of: ["from", "to"]) {
            let numbers = members.compactMap(\.value.integer)
            guard numbers.count == members.count else { throw wrong("has a bound that is no whole number") }
            return .range(path, value("from")?.integer, value("to")?.integer)
        }
        throw wrong("has a condition without equals, one_of, from, to, prefix or exists")
    }

    private static func wrong(_ what: String) -> HeddleError {
        HeddleError(.invalidRequest, "the filter \(what)", details: ["field": "filter"])
    }
}

extension FieldValue {
    fileprivate init?(_ json: JSONValue) {
        if let text = json.string {
            self = .text(text)
        } else if let number = json.integer {
            self = .integer(number)
        } else if let flag = json.bool {
            self = .bool(flag)
        } else {
            return nil
        }
    }
}
