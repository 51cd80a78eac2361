import JSON

/// What one token of a pointer leads to, from the container that it is in.
struct Step {
    private enum Place {
        case member(ObjectBranch, ObjectBranch.Place)
        case element(ArrayBranch, Int)
        /// In a container that is no branch: it can be read only.
        case untouched
    }

    /// What is there.
    let value: Node
    private let place: Place

    /// Takes the step with the given number of a pointer.
    init(from node: Node, _ token: String, in pointer: JSONPointer, depth: Int) throws(Refusal) {
        switch node {
        case .object(let object):
            guard let found = object.place(token) else { throw Self.noMember(token) }
            (value, place) = (object[found], .member(object, found))
        case .array(let array):
            let position = try Self.position(in: array.count, token)
            (value, place) = (array[position], .element(array, position))
        case .leaf(let leaf):
            let source = leaf.source
            switch leaf.kind {
            case .object:
                guard let name = source.member(of: leaf.index, named: token) else { throw Self.noMember(token) }
                value = .leaf(Leaf(source: source, index: name + 1))
            case .array:
                let position = try Self.position(in: source.count(leaf.index), token)
                value = .leaf(Leaf(source: source, index: source.element(of: leaf.index, at: position)))
            case .null, .bool, .number, .string: throw Self.scalar(node, pointer, depth: depth)
            }
            place = .untouched
        }
    }

    func replace(with node: Node) {
        switch place {
        case .member(let object, let place): object.replace(place, with: node)
        case .element(let array, let position): array.replace(position, with: node)
        case .untouched: break
        }
    }

    func remove() {
        switch place {
        case .member(let object, let place): object.remove(place)
        case .element(let array, let position): array.remove(at: position)
        case .untouched: break
        }
    }

    // MARK: Indexes

    /// The position of an element that there is.
    private static func position(in count: Int, _ token: String) throws(Refusal) -> Int {
        if token.utf8.elementsEqual("-".utf8) {
            throw Refusal(.outOfRange, "\"-\" is the place behind the last element, where there is nothing")
        }
        let position = try index(token)
        guard position < count else { throw outOfRange(token, count) }
        return position
    }

    /// The position before which an element comes.
    static func insertion(into count: Int, _ token: String) throws(Refusal) -> Int {
        if token.utf8.elementsEqual("-".utf8) { return count }
        let position = try index(token)
        guard position <= count else { throw outOfRange(token, count) }
        return position
    }

    private static func index(_ token: String) throws(Refusal) -> Int {
        guard let position = JSONPointer.index(token) else {
            throw Refusal(.invalidIndex, "\"\(JSONPatchError.clipped(token))\" is no index of an array")
        }
        return position
    }

    // MARK: Refusals

    private static func outOfRange(_ token: String, _ count: Int) -> Refusal {
        let elements = count == 1 ? "1 element" : "\(count) elements"
        return Refusal(
            .outOfRange,
            "the index \(JSONPatchError.clipped(token)) is out of range: the array has \(elements)"
        )
    }

    private static func noMember(_ token: String) -> Refusal {
        Refusal(.notFound, "there is no member \"\(JSONPatchError.clipped(token))\"")
    }

    static func scalar(_ node: Node, _ pointer: JSONPointer, depth: Int) -> Refusal {
        let place = JSONPointer(Array(pointer.tokens.prefix(depth))).text
        let what = place.isEmpty ? "the document" : "what is at \(JSONPatchError.clipped(place))"
        return Refusal(.notFound, "\(what) is \(node.kind.phrase) and has no members")
    }
}

extension JSONKind {
    /// The kind in a sentence.
    var phrase: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
