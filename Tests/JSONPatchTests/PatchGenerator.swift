import HeddleTestSupport
import JSON

/// Makes documents, changed versions of them and patches, the same ones for the same seed.
struct PatchGenerator: RandomNumberGenerator {
    private var numbers: SplitMix64
    /// Numbers as Python has them as well, and nothing that its floats round.
    private let isPlain: Bool

    init(seed: UInt64, isPlain: Bool = false) {
        numbers = SplitMix64(seed: seed)
        self.isPlain = isPlain
    }

    mutating func next() -> UInt64 { numbers.next() }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }

    private static let names = [
        "a", "b", "c", "", "a/b", "m~n", "0", "1", "-", "é", "e\u{301}", "\"\\\n", "long name of a member",
    ]

    // MARK: Documents

    mutating func value(depth: Int = 0) -> JSONValue {
        switch Int.random(in: 0..<(depth < 4 ? 9 : 4), using: &self) {
        case 0: return pick([.null, true, false])
        case 1: return .number(number())
        case 2, 3: return .string(pick(["", "x", "1", "é", "e\u{301}", "😀\u{0}\"", "a longer text"]))
        case 4, 5:
            let count = Int.random(in: 0..<(depth == 0 ? 40 : 6), using: &self)
            return .array((0..<count).map { _ in value(depth: depth + 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<(depth == 0 ? 30 : 6), using: &self) {
                object[name(wide: depth == 0)] = value(depth: depth + 1)
            }
            return .object(object)
        }
    }

    private mutating func number() -> String {
        let plain = ["0", "1", "2", "1.0", "-1", "1e0", "0.5", "12345678901234567890", "25e-1", "2.5"]
        return pick(
            isPlain ? plain : plain + ["1e400", "-0", "0.10", "1E+2", "100", "123456789012345678901234567890.5"]
        )
    }

    private mutating func name(wide: Bool) -> String {
        wide && Bool.random(using: &self) ? "m\(Int.random(in: 0..<40, using: &self))" : pick(Self.names)
    }

    /// A text of a value, with white space and escapes.
    mutating func written(_ value: JSONValue) -> String {
        func space() -> String { pick(["", "", "", " ", "\n", "\t "]) }
        switch value {
        case .array(let elements):
            return "[" + space() + elements.map { written($0) }.joined(separator: space() + "," + space()) + space()
                + "]"
        case .object(let object):
            let members = object.members.map { member in
                JSONValue.string(member.name).text.replacing("a", with: pick(["a", #"\u0061"#])) + space() + ":"
                    + space()
                    + written(member.value)
            }
            return "{" + space() + members.joined(separator: space() + "," + space()) + space() + "}"
        case .null, .bool, .number, .string: return value.text
        }
    }

    /// A value with some differences.
    mutating func changed(_ value: JSONValue, depth: Int = 0) -> JSONValue {
        if Int.random(in: 0..<8, using: &self) == 0 { return self.value(depth: max(depth, 2)) }
        switch value {
        case .array(var elements):
            for _ in 0..<Int.random(in: 0..<3, using: &self) {
                let position = Int.random(in: 0...elements.count, using: &self)
                switch Int.random(in: 0..<3, using: &self) {
                case 0: elements.insert(self.value(depth: 3), at: position)
                case 1 where position < elements.count: elements.remove(at: position)
                case 2 where position < elements.count:
                    elements[position] = changed(elements[position], depth: depth + 1)
                default: break
                }
            }
            return .array(elements)
        case .object(var object):
            for _ in 0..<Int.random(in: 0..<4, using: &self) {
                let name = object.members.isEmpty ? "a" : pick(object.members).name
                switch Int.random(in: 0..<3, using: &self) {
                case 0: object[self.name(wide: false)] = self.value(depth: 3)
                case 1: object[name] = nil
                default: object[name] = object[name].map { changed($0, depth: depth + 1) }
                }
            }
            return .object(object)
        case .null, .bool, .number, .string: return value
        }
    }

    // MARK: Patches

    /// A patch that mostly fits, by the document as it is after each operation.
    mutating func patch(of document: JSONValue) -> JSONValue {
        var (current, operations): (JSONValue, [JSONValue]) = (document, [])
        for _ in 0..<Int.random(in: 1..<12, using: &self) {
            let operation = operation(of: current)
            operations.append(operation)
            // One in eight that does not fit stays, so that most patches come far.
            if let next = PatchModel.apply([operation], to: current) {
                current = next
            } else if Int.random(in: 0..<8, using: &self) != 0 {
                operations.removeLast()
            }
        }
        return .array(operations)
    }

    private mutating func operation(of document: JSONValue) -> JSONValue {
        let name = pick(["add", "add", "add", "remove", "replace", "move", "copy", "copy", "test"])
        var object = JSONObject()
        object["op"] = .string(name)
        let path = pointer(into: document, isNew: ["add", "move", "copy"].contains(name))
        object["path"] = .string(path.text)
        switch name {
        case "move", "copy": object["from"] = .string(pointer(into: document, isNew: false).text)
        case "add", "replace": object["value"] = value(depth: 3)
        case "test": object["value"] = Bool.random(using: &self) ? path.value : value(depth: 3)
        default: break
        }
        return .object(object)
    }

    private mutating func pointer(into document: JSONValue, isNew: Bool) -> (text: String, value: JSONValue) {
        var (text, current) = ("", document)
        while true {
            switch current {
            case .array(let elements):
                if text.isEmpty ? Int.random(in: 0..<30, using: &self) == 0 : Int.random(in: 0..<4, using: &self) == 0 {
                    return (text, current)
                }
                if isNew && Bool.random(using: &self) || elements.isEmpty {
                    return (
                        text + "/" + pick(["-", "0", "\(elements.count)", "\(elements.count / 2)", "01", "x"]), .null
                    )
                }
                let position = Int.random(in: 0..<elements.count, using: &self)
                (text, current) = (text + "/\(position)", elements[position])
            case .object(let object):
                if text.isEmpty ? Int.random(in: 0..<30, using: &self) == 0 : Int.random(in: 0..<4, using: &self) == 0 {
                    return (text, current)
                }
                let isAdded = isNew && Bool.random(using: &self) || object.members.isEmpty
                let name = isAdded ? name(wide: false) : pick(object.members).name
                text += "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
                guard !isAdded, let value = object[name] else { return (text, .null) }
                current = value
            case .null, .bool, .number, .string: return (text, current)
            }
        }
    }
}
