/// A set of versions as in `^1.2 || >=2.0.0 <2.4.0`.
///
/// The forms are those of npm's node-semver: `^ ~ > >= < <= =`, `x` and `*` for any number, a missing number means the
/// same, a space means "and", `||` means "or". A pre-release only matches when a bound of its set has one with the same
/// core, so that `^1.0.0` never picks `1.5.0-alpha`.
package struct VersionRange: Sendable, Hashable {
    package let text: String
    private let alternatives: [[Bound]]

    private struct Bound: Sendable, Hashable {
        enum Relation: Sendable, Hashable {
            case less
            case lessOrEqual
            case greater
            case greaterOrEqual
            case equal
        }

        let relation: Relation
        let version: SemanticVersion

        func admits(_ candidate: SemanticVersion) -> Bool {
            switch relation {
            case .less: candidate < version
            case .lessOrEqual: !(version < candidate)
            case .greater: version < candidate
            case .greaterOrEqual: !(candidate < version)
            case .equal: candidate.hasSamePrecedence(as: version)
            }
        }
    }

    /// Parses a range.
    ///
    /// - Throws: ``HeddleError`` with `invalidVersion` when the text is no range.
    package init(_ text: String) throws(HeddleError) {
        guard text.utf8.count <= 256 else { throw Self.refusal(text) }
        var alternatives: [[Bound]] = []
        for alternative in Self.splitAlternatives(text) {
            var bounds: [Bound] = []
            for comparator in Self.comparators(alternative) {
                guard let parsed = Self.bounds(comparator) else { throw Self.refusal(text) }
                bounds += parsed
            }
            alternatives.append(bounds)
        }
        self.text = text
        self.alternatives = alternatives
    }

    /// Whether a version is in the set.
    package func contains(_ version: SemanticVersion) -> Bool {
        alternatives.contains { bounds in
            guard bounds.allSatisfy({ $0.admits(version) }) else { return false }
            guard !version.prerelease.isEmpty else { return true }
            return bounds.contains { bound in
                !bound.version.prerelease.isEmpty && bound.version.major == version.major
                    && bound.version.minor == version.minor && bound.version.patch == version.patch
            }
        }
    }

    private static func refusal(_ text: String) -> HeddleError {
        HeddleError(
            .invalidVersion,
            "'\(text.prefix(64))' is not a version range such as ^1.2.0, ~1.2, >=1.0.0 <2.0.0 or 1.x",
            details: ["range": String(text.prefix(128))]
        )
    }

    private static func splitAlternatives(_ text: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = text[...]
        while let bar = rest.firstIndex(of: "|"), rest.index(after: bar) < rest.endIndex,
            rest[rest.index(after: bar)] == "|"
        {
            parts.append(rest[..<bar])
            rest = rest[rest.index(bar, offsetBy: 2)...]
        }
        parts.append(rest)
        return parts
    }

    /// The parts between spaces, with an operator joined to the version after it.
    private static func comparators(_ text: Substring) -> [String] {
        var result: [String] = []
        var pending = ""
        for word in text.split(whereSeparator: \.isWhitespace) {
            if word.allSatisfy({ "^~<>=".contains($0) }) {
                pending += word
            } else {
                result.append(pending + word)
                pending = ""
            }
        }
        if !pending.isEmpty { result.append(pending) }
        return result.isEmpty ? ["*"] : result
    }

    private static func bounds(_ comparator: String) -> [Bound]? {
        let relation = comparator.prefix { "^~<>=".contains($0) }
        guard let partial = PartialVersion(comparator.dropFirst(relation.count)) else { return nil }
        let (low, high) = (partial.lowest, partial.next)
        if partial.major == nil { return wildcardBounds(relation, low) }
        switch relation {
        case "^":
            guard let ceiling = partial.caretCeiling else { return [] }
            return [Bound(relation: .greaterOrEqual, version: low), Bound(relation: .less, version: ceiling)]
        case "~":
            guard let ceiling = partial.tildeCeiling else { return [] }
            return [Bound(relation: .greaterOrEqual, version: low), Bound(relation: .less, version: ceiling)]
        case "", "=":
            guard let high else { return [Bound(relation: .equal, version: low)] }
            return [Bound(relation: .greaterOrEqual, version: low), Bound(relation: .less, version: high)]
        case ">=": return [Bound(relation: .greaterOrEqual, version: low)]
        case "<": return [Bound(relation: .less, version: low)]
        case ">": return [Bound(relation: high == nil ? .greater : .greaterOrEqual, version: high ?? low)]
        case "<=": return [Bound(relation: high == nil ? .lessOrEqual : .less, version: high ?? low)]
        default: return nil
        }
    }

    /// The bounds of `x` or `*`: no version is above or below all of them, and each is any of them.
    private static func wildcardBounds(_ relation: Substring, _ lowest: SemanticVersion) -> [Bound]? {
        switch relation {
        case "<", ">": [Bound(relation: .less, version: lowest)]
        case "", "=", "^", "~", ">=", "<=": []
        default: nil
        }
    }
}

extension VersionRange: CustomStringConvertible {
    package var description: String { text }
}
