import JSON

/// Equality of JSON values as schemas mean it: numbers by value, objects whatever the order of their members.
enum JSONEquality {
    /// Whether two values are the same.
    static func areEqual(_ left: JSONView, _ right: JSONView) -> Bool {
        switch (left.kind, right.kind) {
        case (.null, .null): return true
        case (.bool, .bool): return left.bytes.count == right.bytes.count
        case (.number, .number):
            return left.bytes.elementsEqual(right.bytes) || decimal(left) == decimal(right)
        case (.string, .string): return areEqualTexts(left, right)
        case (.array, .array):
            guard left.count == right.count else { return false }
            return zip(left.elements, right.elements).allSatisfy { areEqual($0, $1) }
        case (.object, .object):
            guard left.count == right.count else { return false }
            if left.count <= 8 {
                return left.members.allSatisfy { name, value in
                    right.members.contains { areEqualTexts($0.name, name) && areEqual($0.value, value) }
                }
            }
            let others = Dictionary(right.members.map { (ExactText($0.name.string ?? ""), $0.value) }) { first, _ in
                first
            }
            return left.members.allSatisfy { name, value in
                others[ExactText(name.string ?? "")].map { areEqual($0, value) } ?? false
            }
        default: return false
        }
    }

    private static func areEqualTexts(_ left: JSONView, _ right: JSONView) -> Bool {
        if left.bytes.elementsEqual(right.bytes) { return true }
        guard left.isEscaped || right.isEscaped else { return false }
        // By scalars: String's own == also takes canonically equivalent texts for the same.
        return (left.string ?? "").unicodeScalars.elementsEqual((right.string ?? "").unicodeScalars)
    }

    static func decimal(_ view: JSONView) -> DecimalNumber {
        view.bytes.withUnsafeBufferPointer { DecimalNumber($0) }
    }

    /// A hash that equal values share, seeded for this process so that nobody can make many values collide.
    static func hash(_ view: JSONView, into hasher: inout Hasher) {
        switch view.kind {
        case .null: hasher.combine(0)
        case .bool: hasher.combine(view.bytes.count)
        case .number: hasher.combine(decimal(view))
        case .string:
            if view.isEscaped {
                hasher.combine(bytes: Array((view.string ?? "").utf8))
            } else {
                view.bytes.dropFirst().dropLast().withUnsafeBytes { hasher.combine(bytes: $0) }
            }
        case .array:
            hasher.combine(view.count)
            for element in view.elements { hash(element, into: &hasher) }
        case .object:
            // The sum of the members' hashes is the same in every order.
            var sum = view.count
            for (name, value) in view.members {
                var inner = Hasher()
                hash(name, into: &inner)
                hash(value, into: &inner)
                sum &+= inner.finalize()
            }
            hasher.combine(sum)
        }
    }

    /// The first two elements of an array that are equal, by their numbers; nil when all differ.
    ///
    /// Linear in the size of the array, whatever its elements are.
    static func firstTwins(in array: JSONView) -> (Int, Int)? {
        var known: [Int: [(number: Int, view: JSONView)]] = [:]
        for (number, element) in array.elements.enumerated() {
            var hasher = Hasher()
            hash(element, into: &hasher)
            let key = hasher.finalize()
            for other in known[key] ?? [] where areEqual(other.view, element) { return (other.number, number) }
            known[key, default: []].append((number, element))
        }
        return nil
    }
}

extension JSONView {
    var isEscaped: Bool { document.tape[index].isEscaped }
}

extension Hasher {
    fileprivate mutating func combine(bytes: [UInt8]) {
        bytes.withUnsafeBytes { combine(bytes: $0) }
    }
}
