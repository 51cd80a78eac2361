/// Looks for texts on which an expression takes for ever, by trying some of the usual ones.
///
/// It does not find them all, for which the bound on each match is there; it finds what would otherwise be found by the
/// first caller with a typing error.
enum PatternAttack {
    /// A text that the expression cannot be matched with in the steps it has; nil when none was found.
    static func find(_ pattern: Pattern) -> String? {
        guard mayBeCostly(pattern.text) else { return nil }
        for seed in seeds(of: pattern.text) {
            // Exponential ones show with a few dozen repetitions. Quadratic ones, of which many are in use, do not: the
            // bound on each match is enough for them.
            for end in ["\u{1}", "!"] {
                let text = String(repeating: seed, count: 40) + end
                if case .tooCostly = pattern.search(text) { return text }
            }
        }
        return nil
    }

    /// Two repetitions have to be there, one inside or behind the other, or a repeated choice.
    private static func mayBeCostly(_ text: String) -> Bool {
        let repetitions = text.utf8.count { "*+{".utf8.contains($0) }
        return repetitions >= 2 || (repetitions == 1 && text.utf8.contains(UInt8(ascii: "|")))
    }

    /// Short texts that parts of the expression are likely to match.
    private static func seeds(of text: String) -> [String] {
        var seeds = ["a", "0", " ", "A", "ab", "a0", "/", "."]
        for scalar in text.unicodeScalars where seeds.count < 16 && scalar.properties.isAlphabetic {
            let seed = String(scalar)
            if !seeds.contains(seed) { seeds.append(seed) }
        }
        return seeds
    }
}
