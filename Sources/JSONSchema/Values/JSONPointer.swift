import JSON

/// The names and indexes that lead to a place in a document (RFC 6901).
struct JSONPointer: Sendable, Hashable {
    var tokens: [String]

    init(_ tokens: [String] = []) {
        self.tokens = tokens
    }

    /// Reads the text form; nil when it is malformed.
    init?(_ text: String) {
        tokens = []
        guard !text.isEmpty else { return }
        guard text.hasPrefix("/") else { return nil }
        for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let token = Self.unescaped(part) else { return nil }
            tokens.append(token)
        }
    }

    private static func unescaped(_ part: Substring) -> String? {
        guard part.contains("~") else { return String(part) }
        var result = ""
        var isEscape = false
        for character in part.unicodeScalars {
            switch (isEscape, character) {
            case (true, "0"): result += "~"
            case (true, "1"): result += "/"
            case (true, _): return nil
            case (false, "~"): break
            case (false, _): result.unicodeScalars.append(character)
            }
            isEscape = !isEscape && character == "~"
        }
        return isEscape ? nil : result
    }

    static func escaped(_ token: String) -> String {
        guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return token }
        return token.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    /// The text form.
    var text: String { tokens.map { "/" + Self.escaped($0) }.joined() }

    /// The value there, seen from another; nil when there is none.
    func find(in view: JSONView) -> JSONView? {
        var current = view
        for token in tokens {
            guard let next = Self.child(token, of: current) else { return nil }
            current = next
        }
        return current
    }

    static func child(_ token: String, of view: JSONView) -> JSONView? {
        switch view.kind {
        case .object: return view.member(token)
        case .array:
            let isIndex = token == "0" || token.utf8.first.map { (0x31...0x39).contains($0) } == true
            guard isIndex, let index = Int(token), index < view.count else { return nil }
            return view.elements.dropFirst(index).first { _ in true }
        case .null, .bool, .number, .string: return nil
        }
    }

    /// The way from a value to one inside of it, by its place on the tape.
    init(to target: Int, from root: JSONView) {
        tokens = []
        var current = root
        while current.index != target {
            guard let (token, next) = Self.step(from: current, towards: target) else { return }
            tokens.append(token)
            current = next
        }
    }

    /// The ways from a value to places inside of it, by their places on the tape, in one walk.
    static func paths(to targets: [Int], from root: JSONView) -> [Int: JSONPointer] {
        let sorted = Set(targets).sorted()
        var (result, next) = ([Int: JSONPointer](), 0)
        var tokens: [String] = []
        func visit(_ view: JSONView, name: Int?) {
            while next < sorted.count, sorted[next] <= view.index {
                if sorted[next] == view.index || sorted[next] == name { result[sorted[next]] = JSONPointer(tokens) }
                next += 1
            }
            guard next < sorted.count, view.contains(sorted[next]) else { return }
            if view.kind == .array {
                for (number, element) in view.elements.enumerated() {
                    guard next < sorted.count, view.contains(sorted[next]) else { return }
                    guard element.contains(sorted[next]) else { continue }
                    tokens.append(String(number))
                    visit(element, name: nil)
                    tokens.removeLast()
                }
            } else {
                for (name, value) in view.members {
                    guard next < sorted.count, view.contains(sorted[next]) else { return }
                    guard value.contains(sorted[next]) || name.index == sorted[next] else { continue }
                    tokens.append(name.string ?? "")
                    visit(value, name: name.index)
                    tokens.removeLast()
                }
            }
        }
        visit(root, name: nil)
        return result
    }

    private static func step(from view: JSONView, towards target: Int) -> (String, JSONView)? {
        if view.kind == .array {
            for (number, element) in view.elements.enumerated() where element.contains(target) {
                return (String(number), element)
            }
            return nil
        }
        for (name, value) in view.members {
            if value.contains(target) || name.index == target { return (name.string ?? "", value) }
        }
        return nil
    }
}

extension JSONView {
    /// Whether the value with this tape index is this one or inside of it.
    fileprivate func contains(_ target: Int) -> Bool { index <= target && target < Int(document.tape[index].next) }
}
