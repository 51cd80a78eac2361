import JSON

/// What the contexts of a benchmark hold: made from their numbers, so that each run has the same.
enum ContextWorkload {
    /// How many tags there are, and how many values of `custom_data.n`; a pair of them finds one context in 10,000.
    static let (tags, values) = (100, 100)
    private static let syllables = ["ka", "ri", "mo", "te", "lu", "sa", "ni", "vo", "pe", "du", "ha", "zi", "go"]
    /// How many words there are.
    static let wordCount = 13 * 13 * 13

    /// One of the words.
    static func word(_ number: Int) -> String {
        let count = syllables.count
        return syllables[number % count] + syllables[number / count % count]
            + syllables[number / count / count % count]
    }

    /// A whole number that looks like chance, from the number of what it is for.
    static func scattered(_ number: Int) -> Int {
        Int(truncatingIfNeeded: (UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15) >> 33)
    }

    /// The body that creates a context.
    static func body(_ number: Int) -> String {
        let words = (0..<5).map { word(scattered(number * 5 + $0)) }.joined(separator: " ")
        return #"{"name":"Team \#(number)","type":"collaborative","description":"\#(words)","#
            + #""metadata":{"tags":["tag-\#(number % tags)"],"custom_data":{"project":"p-\#(number % 37)","#
            + #""n":\#(number / tags % values)}},"configuration":{"max_participants":1000}}"#
    }

    /// The body that creates contexts from a number on.
    static func batch(from start: Int, count: Int) -> String {
        #"{"contexts":["# + (start..<(start + count)).map(body).joined(separator: ",") + "]}"
    }

    /// The merge patch that changes a context.
    static func patch(_ number: Int) -> String {
        #"{"description":"changed to \#(word(scattered(number)))","metadata":{"priority":"high"}}"#
    }

    /// The body that lets somebody join.
    static func participant(_ number: Int) -> String {
        #"{"agent_id":"agent-\#(number)","roles":["contributor"],"capabilities":["search","write"]}"#
    }

    /// The body that changes somebody who takes part.
    static func participantPatch(_ number: Int) -> String {
        #"{"display_name":"Agent \#(word(scattered(number)))","roles":["contributor","reviewer"]}"#
    }

    /// A query for contexts with a word, or with two of them, as no other number has it.
    static func search(_ number: Int) -> String {
        let first = word(number)
        return number < wordCount ? "q=\(first)" : "q=\(first)%20\(word(scattered(number)))"
    }

    /// How many pairs of a tag and a value so many contexts have.
    static func pairs(among contexts: Int) -> Int { min(contexts, tags * values) }

    /// A query for a tag and a value that some of so many contexts have, another one for each number below `pairs`.
    static func filter(_ number: Int, among contexts: Int) -> String {
        let pair = number * 7919 % pairs(among: contexts)
        return "tag=tag-\(pair % tags)&metadata.custom_data.n=\(pair / tags)"
    }
}
