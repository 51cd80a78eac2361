/// A version of which the tail may be missing or `x`, as it stands in a range.
struct PartialVersion {
    let major: Int?
    let minor: Int?
    let patch: Int?
    let full: SemanticVersion?

    init?(_ text: Substring) {
        if let full = try? SemanticVersion(String(text)) {
            (major, minor, patch, self.full) = (full.major, full.minor, full.patch, full)
            return
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { return nil }
        var numbers: [Int?] = []
        for part in parts {
            if ["x", "X", "*"].contains(part) {
                numbers.append(nil)
                continue
            }
            // `1.x.3` says nothing that `1.x` does not, so a number after a wild card is a mistake.
            guard let number = SemanticVersion.number(part), !numbers.contains(where: { $0 == nil }) else { return nil }
            numbers.append(number)
        }
        numbers += Array(repeating: nil, count: 3 - numbers.count)
        (major, minor, patch, full) = (numbers[0], numbers[1], numbers[2], nil)
    }

    /// The smallest version that the text can mean.
    var lowest: SemanticVersion {
        full ?? SemanticVersion(major: major ?? 0, minor: minor ?? 0, patch: patch ?? 0)
    }

    /// The first version after all that the text can mean; nil when it means one version, or any.
    var next: SemanticVersion? {
        guard full == nil, let major else { return nil }
        guard let minor else { return SemanticVersion(major: major + 1, minor: 0, patch: 0) }
        return SemanticVersion(major: major, minor: minor + 1, patch: 0)
    }

    /// Where `^` ends: at the next change of the leftmost number that is not zero.
    var caretCeiling: SemanticVersion? {
        guard let major else { return nil }
        if major > 0 || minor == nil { return SemanticVersion(major: major + 1, minor: 0, patch: 0) }
        guard let minor else { return nil }
        if minor > 0 || patch == nil { return SemanticVersion(major: 0, minor: minor + 1, patch: 0) }
        return SemanticVersion(major: 0, minor: 0, patch: (patch ?? 0) + 1)
    }

    /// Where `~` ends: at the next minor version, or the next major one when only that is given.
    var tildeCeiling: SemanticVersion? {
        guard let major else { return nil }
        guard let minor else { return SemanticVersion(major: major + 1, minor: 0, patch: 0) }
        return SemanticVersion(major: major, minor: minor + 1, patch: 0)
    }
}
