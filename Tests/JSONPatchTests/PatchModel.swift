import JSON
import JSONPatch

/// A second reading of RFC 6902, slow and by recursion over whole trees, that says what a patch has to do.
struct PatchModel {
    private struct Refusal: Error {}

    private var document: JSONValue

    /// The result, nil when the patch has to be refused.
    static func apply(_ patch: JSONValue, to document: JSONValue) -> JSONValue? {
        var model = PatchModel(document: document)
        do {
            for operation in patch.array ?? [] { try model.apply(operation) }
            return model.document
        } catch {
            return nil
        }
    }

    private mutating func apply(_ operation: JSONValue) throws {
        let path = Self.tokens(operation["path"])
        let from = Self.tokens(operation["from"])
        switch operation["op"]?.string {
        case "add": document = try Self.add(document, path[...], operation["value"] ?? .null)
        case "remove": document = try Self.remove(document, path[...])
        case "replace": document = try Self.replace(document, path[...], operation["value"] ?? .null)
        case "copy": document = try Self.add(document, path[...], Self.find(document, from[...]))
        case "move":
            let value = try Self.find(document, from[...])
            // By bytes: String's own == also takes canonically equivalent names for the same.
            let (bytes, fromBytes) = (path.map { Array($0.utf8) }, from.map { Array($0.utf8) })
            guard fromBytes != bytes else { return }
            guard !bytes.starts(with: fromBytes) else { throw Refusal() }
            document = try Self.add(Self.remove(document, from[...]), path[...], value)
        case "test":
            let found = try Self.find(document, path[...])
            guard Self.canonical(found) == Self.canonical(operation["value"] ?? .null) else { throw Refusal() }
        default: throw Refusal()
        }
    }

    static func canonical(_ value: JSONValue) -> [UInt8] {
        (try? JSONDocument(value.bytes).root.canonicalBytes) ?? []
    }

    private static func tokens(_ text: JSONValue?) -> [String] {
        (text?.string ?? "").split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            .map { String($0).replacing("~1", with: "/").replacing("~0", with: "~") }
    }

    private static func index(_ token: String, below bound: Int) throws -> Int {
        guard let index = Int(token), String(index) == token, (0..<bound).contains(index) else { throw Refusal() }
        return index
    }

    private static func find(_ value: JSONValue, _ path: ArraySlice<String>) throws -> JSONValue {
        guard let token = path.first else { return value }
        switch value {
        case .object(let object):
            guard let member = object[token] else { throw Refusal() }
            return try find(member, path.dropFirst())
        case .array(let elements):
            return try find(elements[index(token, below: elements.count)], path.dropFirst())
        default: throw Refusal()
        }
    }

    private static func remove(_ value: JSONValue, _ path: ArraySlice<String>) throws -> JSONValue {
        guard let token = path.first else { throw Refusal() }
        switch value {
        case .object(var object):
            guard let member = object[token] else { throw Refusal() }
            // Not a ternary: there a nil would be JSON's null.
            if path.count == 1 { object[token] = nil } else { object[token] = try remove(member, path.dropFirst()) }
            return .object(object)
        case .array(var elements):
            let position = try index(token, below: elements.count)
            if path.count == 1 {
                elements.remove(at: position)
            } else {
                elements[position] = try remove(elements[position], path.dropFirst())
            }
            return .array(elements)
        default: throw Refusal()
        }
    }

    private static func replace(
        _ value: JSONValue,
        _ path: ArraySlice<String>,
        _ new: JSONValue
    ) throws -> JSONValue {
        guard let token = path.first else { return new }
        switch value {
        case .object(var object):
            guard let member = object[token] else { throw Refusal() }
            object[token] = try replace(member, path.dropFirst(), new)
            return .object(object)
        case .array(var elements):
            let position = try index(token, below: elements.count)
            elements[position] = try replace(elements[position], path.dropFirst(), new)
            return .array(elements)
        default: throw Refusal()
        }
    }

    private static func add(_ value: JSONValue, _ path: ArraySlice<String>, _ new: JSONValue) throws -> JSONValue {
        guard let token = path.first else { return new }
        switch value {
        case .object(var object):
            if path.count == 1 {
                object[token] = new
            } else {
                guard let member = object[token] else { throw Refusal() }
                object[token] = try add(member, path.dropFirst(), new)
            }
            return .object(object)
        case .array(var elements):
            if path.count == 1 {
                elements.insert(new, at: token == "-" ? elements.count : try index(token, below: elements.count + 1))
            } else {
                let position = try index(token, below: elements.count)
                elements[position] = try add(elements[position], path.dropFirst(), new)
            }
            return .array(elements)
        default: throw Refusal()
        }
    }
}
