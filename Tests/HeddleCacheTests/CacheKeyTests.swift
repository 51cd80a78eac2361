import Testing

@testable import HeddleCache

@Suite("The keys of a cache")
struct CacheKeyTests {
    private static let secret = CacheSecret(low: 0x0706_0504_0302_0100, high: 0x0F0E_0D0C_0B0A_0908)

    @Test(
        "are the SipHash-2-4-128 of the reference's vectors",
        arguments: [
            (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
            (2, "8177228da4a45dc7fca38bdef60affe4"), (7, "a1f1ebbe d8dbc153c0b84aa61ff08239"),
            (8, "3b62a9ba6258f5610f83e264f31497b4"), (9, "264499060ad9baabc47f8b02bb6d71ed"),
            (15, "5493e99933b0a8117e08ec0f97cfc3d9"), (16, "6ee2a4ca67b054bbfd3315bf85230577"),
            (63, "5150d1772f50834a503e069a973fbd7c"),
        ]
    )
    func vectors(_ count: Int, _ expected: String) {
        let message = (0..<count).map { UInt8($0) }
        let key = SipHash.hash(message.span, Self.secret)
        let swapped = CacheKey(high: key.high.byteSwapped, low: key.low.byteSwapped)
        #expect(swapped.description == expected.filter { $0 != " " })
    }

    private static func key(_ parts: (inout CacheKey.Hasher) -> Void) -> CacheKey {
        var hasher = CacheKey.Hasher(secret: secret)
        parts(&hasher)
        return hasher.finalize()
    }

    @Test("depend on where a part ends, on its kind and on the secret")
    func parts() {
        var keys: Set<CacheKey> = []
        let all: [(inout CacheKey.Hasher) -> Void] = [
            { _ in },
            { $0.combine("") },
            {
                $0.combine("ab")
                $0.combine("c")
            },
            {
                $0.combine("a")
                $0.combine("bc")
            },
            { $0.combine("abc") },
            { $0.combine("abc\u{0}") },
            {
                $0.combine("")
                $0.combine("abc")
            },
            {
                $0.combine("abc")
                $0.combine("")
            },
            { $0.combine(0) },
            {
                $0.combine(0)
                $0.combine(0)
            },
            { $0.combine(-1) },
            { $0.combine([0, 0, 0, 0, 0, 0, 0, 0] as [UInt8]) },
            { $0.combine("12345678") },
            {
                $0.combine("1234567")
                $0.combine("8")
            },
            { $0.combine(CacheKey(high: 0, low: 0)) },
            { $0.combine("é") },
            { $0.combine("e\u{301}") },
        ]
        for parts in all { #expect(keys.insert(Self.key(parts)).inserted) }
        var other = CacheKey.Hasher(secret: CacheSecret(low: 1, high: 2))
        other.combine("abc")
        #expect(keys.insert(other.finalize()).inserted)
    }

    @Test("are the same for the same bytes, however they are given")
    func forms() {
        let text = "a text of more than one word, and of more bytes than a small string has"
        let bytes = Array(text.utf8)
        let key = Self.key { $0.combine(text) }
        #expect(Self.key { $0.combine(bytes) } == key)
        #expect(Self.key { $0.combine(([0] + bytes)[1...]) } == key)
        #expect(Self.key { $0.combine(bytes.span) } == key)
        #expect(CacheKey.Hasher().finalize() == CacheKey.Hasher().finalize())
    }

    @Test("of tags differ too")
    func tags() {
        #expect(CacheTag("a") == CacheTag("a"))
        #expect(Set([CacheTag("a"), CacheTag("b"), CacheTag(1), CacheTag(2)]).count == 4)
    }
}
