import HeddleTestSupport
import JSON

/// Makes bodies that a published schema takes, and spoils them.
struct BodyGenerator {
    private let components: JSONValue
    private var random: SplitMix64

    /// Takes the description of a server.
    init(_ description: JSONValue, seed: UInt64) {
        components = description["components"]?["schemas"] ?? .null
        random = SplitMix64(seed: seed)
    }

    /// A value that a schema takes, or nearly: what words alone say of it is left out.
    mutating func value(_ schema: JSONValue, depth: Int = 0) -> JSONValue {
        if let name = schema["$ref"]?.string?.split(separator: "/").last {
            return value(components[String(name)] ?? [:], depth: depth)
        }
        if let choices = schema["anyOf"]?.array, let choice = choices.randomElement(using: &random) {
            return value(choice, depth: depth)
        }
        if let values = schema["enum"]?.array, let value = values.randomElement(using: &random) { return value }
        let types = schema["type"]?.array?.compactMap(\.string) ?? [schema["type"]?.string ?? "any"]
        switch types.first(where: { $0 != "null" }) {
        case "object": return object(schema, depth: depth)
        case "array": return array(schema, depth: depth)
        case "integer":
            let least = schema["minimum"]?.integer ?? 0
            return .integer(Int.random(in: least...min(schema["maximum"]?.integer ?? 50, least + 50), using: &random))
        case "number": return .number("\(Int.random(in: 0..<100, using: &random)).5")
        case "boolean": return .bool(Bool.random(using: &random))
        case "string": return .string(text(schema))
        case "null": return .null
        default: return [.null, 1, "any", ["a": [1, 2]], true].randomElement(using: &random) ?? .null
        }
    }

    private mutating func object(_ schema: JSONValue, depth: Int) -> JSONValue {
        let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
        var object = JSONObject()
        for member in schema["properties"]?.object?.members ?? [] {
            guard required.contains(member.name) || (depth < 4 && Int.random(in: 0..<3, using: &random) == 0) else {
                continue
            }
            object[member.name] = value(member.value, depth: depth + 1)
        }
        return .object(object)
    }

    private mutating func array(_ schema: JSONValue, depth: Int) -> JSONValue {
        let least = schema["minItems"]?.integer ?? 0
        var elements: [JSONValue] = []
        for _ in 0..<Int.random(in: least...least + 2, using: &random) {
            let element = value(schema["items"] ?? [:], depth: depth + 1)
            if schema["uniqueItems"]?.bool != true || !elements.contains(element) { elements.append(element) }
        }
        return .array(elements)
    }

    private mutating func text(_ schema: JSONValue) -> String {
        let least = schema["minLength"]?.integer ?? 0
        if least == 36 {
            return "00000000-0000-4000-8000-\(Int.random(in: 100_000_000_000...999_999_999_999, using: &random))"
        }
        let letters = Array("abcdefgäß😀 -_./%")
        let count = max(least, Int.random(in: 0..<12, using: &random))
        return String((0..<count).map { _ in letters.randomElement(using: &random) ?? "x" })
    }

    // MARK: Spoiling

    /// The value with something in it that does not belong there, or without something that does.
    mutating func spoiled(_ value: JSONValue, times: Int) -> JSONValue {
        (0..<times).reduce(value) { value, _ in spoiled(value) }
    }

    private mutating func spoiled(_ value: JSONValue) -> JSONValue {
        // Go down to some member first, so that every level is met.
        if Int.random(in: 0..<4, using: &random) > 0 {
            if var object = value.object, let member = object.members.randomElement(using: &random) {
                object[member.name] = spoiled(member.value)
                return .object(object)
            }
            if var elements = value.array, let index = elements.indices.randomElement(using: &random) {
                elements[index] = spoiled(elements[index])
                return .array(elements)
            }
        }
        if var object = value.object, Bool.random(using: &random) {
            if let member = object.members.randomElement(using: &random), Bool.random(using: &random) {
                object[member.name] = nil
            } else {
                object[Self.names.randomElement(using: &random) ?? ""] = wrong()
            }
            return .object(object)
        }
        if let elements = value.array, Bool.random(using: &random) { return .array(elements + elements + [wrong()]) }
        return wrong()
    }

    private static let names = ["unknown", "", "a\u{0}", "context_id", "version", "status", "$ref", "__proto__", "é"]

    private mutating func wrong() -> JSONValue {
        switch Int.random(in: 0..<14, using: &random) {
        case 0: .null
        case 1: .bool(true)
        case 2: .integer(-1)
        case 3: .number("9223372036854775807")
        case 4: .number("-9223372036854775809")
        case 5: .number("1e400")
        case 6: .number("0.5")
        case 7: .string("")
        case 8: .string(String(repeating: "long ", count: 2000))
        case 9: .string("a\u{0}b")
        case 10: .string("00000000-0000-1000-8000-000000000000")
        case 11: .array((0..<2000).map(JSONValue.integer))
        case 12: (0..<200).reduce(JSONValue.null) { value, _ in [value] }
        default: .object(JSONObject(members: [.init(name: "x", value: ["y": [1]])]))
        }
    }

    /// The bytes of a value as it should be, or cut off, or with a byte that no text has.
    mutating func bytes(_ value: JSONValue) -> [UInt8] {
        var bytes = value.bytes
        guard !bytes.isEmpty else { return bytes }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: bytes.removeSubrange(place...)
        case 1: bytes[place] = 0xFF
        case 2: bytes.insert(0, at: place)
        case _: break
        }
        return bytes
    }

    /// One of some values.
    mutating func one<Value>(of values: [Value]) -> Value? { values.randomElement(using: &random) }

    /// How often something is spoiled, from never to twice.
    mutating func times() -> Int { Int.random(in: 0...2, using: &random) }
}
